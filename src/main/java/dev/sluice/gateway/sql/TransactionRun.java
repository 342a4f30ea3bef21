package dev.sluice.gateway.sql;

import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.Session;
import dev.sluice.gateway.database.SqlFault;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.TemplateInput;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One exchange's transaction: its statements one after the other, then commit; anything else undoes
 * it. Tried again as a whole when it lost against another, or its connection before the commit.
 * Confined to the exchange's loop.
 */
final class TransactionRun implements Work.Task {
  private static final Logger LOG = LoggerFactory.getLogger(TransactionRun.class);

  private final Exchange exchange;
  private final TransactionPlan plan;
  private final Database database;
  private final TemplateInput input;
  private final Work work;
  private final Cancellation cancellation = new Cancellation();
  private final Attempts attempts;
  private boolean committing;
  private @Nullable Reply stopped;

  TransactionRun(
      Exchange exchange,
      TransactionPlan plan,
      Database database,
      Work.Bounds bounds,
      TemplateInput input) {
    this.exchange = exchange;
    this.plan = plan;
    this.database = database;
    this.input = input;
    this.work = new Work(exchange, bounds, this);
    this.attempts = new Attempts(exchange.loop());
  }

  void begin() {
    plan.steps().forEach(step -> step.query().demand(input));
    plan.respond().demand(input.values(), input.body());
    exchange.phase(Phase.WAITING);
    work.begin();
    attempt();
  }

  private void attempt() {
    attempts.begin();
    committing = false;
    Map<String, Object> rows = new HashMap<>();
    TemplateInput seen =
        new TemplateInput(
            input.values().with(name -> rows.containsKey(name) ? rows.get(name) : named(name)),
            input.body());
    database
        .begin(plan.isolation(), cancellation)
        .compose(session ->
            steps(session, seen, rows)
                .compose(nothing -> commit(session, reply(seen)))
                .recover(cause -> session.rollback().transform(done -> Future.failedFuture(cause))))
        .onComplete((reply, cause) -> {
          if (cause == null) {
            work.finish(reply);
          } else {
            failed(cause);
          }
        });
  }

  private @Nullable Object named(String name) {
    return input.values().named(name);
  }

  private Future<Void> steps(Session session, TemplateInput seen, Map<String, Object> rows) {
    Future<Void> all = Future.succeededFuture();
    for (TransactionPlan.Step step : plan.steps()) {
      all = all.compose(nothing -> step(session, step, seen, rows));
    }
    return all;
  }

  /** Why a statement of it failed, with what it says of the statement's own fields. */
  private static Throwable told(TransactionPlan.Step step, Throwable cause) {
    return cause instanceof SqlFault fault && fault.failure() == Failure.INVALID_INPUT
        ? step.query().failed(fault)
        : cause;
  }

  private static Future<Void> step(
      Session session, TransactionPlan.Step step, TemplateInput seen, Map<String, Object> rows) {
    List<@Nullable Object> values = step.query().values(seen);
    return session
        .query(step.query().text(), values)
        .recover(cause -> Future.failedFuture(told(step, cause)))
        .map(result -> {
          Integer expected = step.expect();
          if (expected != null && result.count() != expected) {
            throw new Failed(
                Failure.CONFLICT,
                "a statement changed " + result.count() + " rows where " + expected + " had to");
          }
          String as = step.as();
          if (as != null && !result.rows().isEmpty()) {
            rows.put(as, result.rows().getFirst());
          }
          return null;
        });
  }

  /** What cannot be answered, or was given up, is not kept. */
  private Future<Reply> commit(Session session, Reply reply) {
    if (stopped != null) {
      return Future.failedFuture("it was given up");
    }
    committing = true;
    return session.commit().map(reply);
  }

  private Reply reply(TemplateInput seen) {
    MultiMap headers = HttpHeaders.headers();
    headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
    Object json = plan.respond().render(seen.values(), seen.body());
    return Reply.of(plan.status(), headers, Buffer.buffer(TemplateJson.write(json)));
  }

  private void failed(Throwable cause) {
    Reply ended = stopped;
    if (ended != null) {
      work.finish(ended);
    } else if (cause instanceof SqlFault fault && again(fault)) {
      attempts.again(this::resume);
    } else if (cause instanceof SqlFault fault) {
      work.finish(Reply.of(fault.failed()));
    } else if (cause instanceof Failed failed) {
      work.finish(Reply.of(failed));
    } else {
      LOG.error("exchange failed id={}", exchange.requestId(), cause);
      work.finish(Reply.of(Failure.INTERNAL));
    }
  }

  private void resume() {
    Reply ended = stopped;
    if (ended != null) {
      work.finish(ended);
    } else {
      attempt();
    }
  }

  private boolean again(SqlFault fault) {
    boolean safe =
        switch (fault.again()) {
          case TRANSACTION -> true;
          case READ -> !committing; // nobody knows what became of a commit that was on its way
          case NEVER -> false;
        };
    return safe && attempts.left();
  }

  @Override
  public void stop(Failure failure, String why) {
    Reply reply = Reply.of(failure, why);
    stopped = reply;
    cancellation.cancel();
    if (!committing) {
      work.finish(reply); // it is undone whatever comes; of a commit the answer has to tell
    }
  }
}
