package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.Session;
import dev.sluice.gateway.database.SqlFault;
import dev.sluice.gateway.exchange.BodySink;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.RequestBody;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One exchange's rows: while one batch is on its way to the database, the next is filled from the
 * body; when that is full too, the body waits. Confined to the exchange's loop.
 */
final class IngestRun implements BodySink, Work.Task {
  private static final Logger LOG = LoggerFactory.getLogger(IngestRun.class);
  private static final String MARK = "sluice_batch";

  /**
   * Batches that PostgreSQL has at once in a transaction, so that it never waits for the next; what
   * comes behind one that it refuses does nothing. Elsewhere each counts for itself.
   */
  private static final int AHEAD = 2;

  /**
   * A batch that the database refused.
   *
   * @param number its place among the batches
   */
  private record Refused(int number, List<@Nullable String[]> rows, Throwable cause) {}

  private final Exchange exchange;
  private final IngestPlan plan;
  private final Database database;
  private final Work work;
  private final RequestBody body;
  private final RowParser parser;
  private final int batch;
  private final int ahead;
  private final Cancellation cancellation = new Cancellation();
  private List<@Nullable String[]> filling = new ArrayList<>();
  private @Nullable Session session;
  private long inserted;
  private int batches;
  private int underWay;
  private boolean busy;
  private boolean marked;
  private boolean whole;
  private boolean over;

  /** The first batch that the database refused; nothing is sent behind it. */
  private @Nullable Refused refused;

  /** What is wrong with the body; said once all rows before it are in. */
  private @Nullable Failed bad;

  IngestRun(Exchange exchange, IngestPlan plan, Database database, Work.Bounds bounds) {
    this.exchange = exchange;
    this.plan = plan;
    this.database = database;
    this.work = new Work(exchange, bounds, this);
    this.body = exchange.body();
    this.batch = plan.statement().batch();
    boolean postgres = database.config().source().kind() == Kind.POSTGRES;
    this.ahead = postgres && plan.config().atomic() ? AHEAD : 1;
    this.parser =
        new RowParser(plan.config().columns(), plan.statement()::truth, row -> filling.add(row));
  }

  void begin() {
    exchange.phase(Phase.WAITING);
    work.beginUpload();
    body.invite();
    busy = true;
    body.stream(this);
    plan.statement()
        .learn(database, cancellation)
        .compose(nothing -> plan.config().atomic() ? open() : Future.succeededFuture())
        .onComplete((nothing, cause) -> {
          busy = false;
          if (over) {
            undo();
          } else if (cause != null) {
            fail(cause, 0);
          } else {
            next();
          }
        });
  }

  private Future<Void> open() {
    return database
        .begin(null, cancellation)
        .map(begun -> {
          session = begun;
          return null;
        });
  }

  // ---- the body ----

  @Override
  public void chunk(Buffer chunk) {
    if (over || bad != null) {
      return;
    }
    try {
      parser.feed(chunk.getBytes());
    } catch (Failed wrong) {
      bad = wrong;
    }
    next();
  }

  @Override
  public void end() {
    if (over) {
      return;
    }
    whole = true;
    work.uploaded();
    if (bad == null) {
      try {
        parser.end();
      } catch (Failed wrong) {
        bad = wrong;
      }
    }
    next();
  }

  @Override
  public void failed(Failure failure, String detail) {
    stop(failure, detail);
  }

  // ---- batches ----

  private void next() {
    if (over) {
      return;
    }
    boolean full = filling.size() >= batch;
    if (busy || refused != null || underWay >= ahead) {
      if (full && !whole) {
        work.holdsUpload();
        body.pause();
      }
      return;
    }
    if (full || ((whole || bad != null) && !filling.isEmpty())) {
      send();
    } else if (underWay == 0 && bad != null) {
      fail(bad, 0);
    } else if (underWay == 0 && whole) {
      finish();
    }
  }

  private void send() {
    List<@Nullable String[]> rows = filling;
    if (rows.size() > batch) {
      filling = new ArrayList<>(rows.subList(batch, rows.size()));
      rows = rows.subList(0, batch);
    } else {
      filling = new ArrayList<>(batch);
    }
    List<@Nullable String[]> sent = rows;
    int number = batches++;
    underWay++;
    if (!whole && body.paused() && filling.size() < batch) {
      work.uploads();
      body.resume();
    }
    insert(sent).onComplete((nothing, cause) -> done(number, sent, cause));
    next();
  }

  private void done(int number, List<@Nullable String[]> rows, @Nullable Throwable cause) {
    underWay--;
    if (cause == null) {
      inserted += rows.size();
    } else if (refused == null || number < refused.number()) {
      // What failed behind the first may be told before it, on a context of its own.
      refused = new Refused(number, rows, cause);
    }
    Refused first = refused;
    if (over) {
      undoOnceIdle();
    } else if (first == null) {
      next();
    } else if (underWay == 0) {
      blame(first.rows(), first.cause());
    }
  }

  private void undoOnceIdle() {
    if (underWay == 0 && !busy) {
      undo();
    }
  }

  private Future<Void> insert(List<@Nullable String[]> rows) {
    Session transaction = session;
    if (transaction == null) {
      return database
          .query(plan.statement().text(rows.size()), plan.statement().values(rows), cancellation)
          .mapEmpty();
    }
    // Sent behind it without waiting: one round trip for both.
    Future<Void> mark =
        transaction.command(
            marked ? "RELEASE SAVEPOINT " + MARK + "; SAVEPOINT " + MARK : "SAVEPOINT " + MARK);
    marked = true;
    Future<Void> done = insert(transaction, rows);
    return mark.compose(nothing -> done);
  }

  private Future<Void> insert(Session transaction, List<@Nullable String[]> rows) {
    return transaction
        .query(plan.statement().text(rows.size()), plan.statement().values(rows))
        .mapEmpty();
  }

  // ---- which row it was ----

  private void blame(List<@Nullable String[]> rows, Throwable cause) {
    boolean rowsFault =
        cause instanceof SqlFault fault
            && (fault.failure() == Failure.CONFLICT || fault.failure() == Failure.INVALID_INPUT);
    if (!rowsFault) {
      plan.statement().forget();
      fail(cause, 0);
      return;
    }
    busy = true;
    Session own = session;
    Future<Session> ready =
        own != null
            ? own.command("ROLLBACK TO SAVEPOINT " + MARK).map(own)
            : database.begin(null, cancellation);
    ready
        .compose(transaction -> {
          session = transaction;
          return search(transaction, rows, 0, cause);
        })
        .onComplete((found, trouble) -> {
          busy = false;
          if (found == null) {
            fail(trouble, 0);
          } else {
            fail(found.cause(), inserted + found.offset() + 1);
          }
        });
  }

  private record Found(int offset, Throwable cause) {}

  /** Halves the rows until one is left: what goes in stays, so that the first bad one is found. */
  private Future<Found> search(
      Session transaction, List<@Nullable String[]> rows, int offset, Throwable cause) {
    if (rows.size() == 1) {
      return Future.succeededFuture(new Found(offset, cause));
    }
    int half = rows.size() / 2;
    List<@Nullable String[]> first = rows.subList(0, half);
    return transaction
        .command("SAVEPOINT " + MARK)
        .compose(nothing -> insert(transaction, first))
        .transform((nothing, wrong) -> {
          if (wrong == null) {
            return search(transaction, rows.subList(half, rows.size()), offset + half, cause);
          }
          return transaction
              .command("ROLLBACK TO SAVEPOINT " + MARK)
              .compose(undone -> search(transaction, first, offset, wrong));
        });
  }

  // ---- ends ----

  private void finish() {
    over = true;
    Session transaction = session;
    session = null;
    Future<Void> kept = transaction == null ? Future.succeededFuture() : transaction.commit();
    kept.onComplete((nothing, cause) -> {
      if (cause == null) {
        MultiMap headers = HttpHeaders.headers();
        headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
        work.finish(
            Reply.of(plan.status(), headers, Buffer.buffer("{\"inserted\":" + inserted + "}")));
      } else {
        answer(cause, 0);
      }
    });
  }

  private void fail(@Nullable Throwable cause, long row) {
    over = true;
    undo();
    answer(cause, row);
  }

  private void answer(@Nullable Throwable cause, long row) {
    Failed failed;
    if (cause instanceof SqlFault fault) {
      failed = fault.failed();
    } else if (cause instanceof Failed known) {
      failed = known;
    } else {
      LOG.error("exchange failed id={}", exchange.requestId(), cause);
      failed = new Failed(Failure.INTERNAL, "the rows were not taken");
    }
    long kept = plan.config().atomic() ? 0 : inserted;
    long number = row > 0 ? row : cause == bad && bad != null ? parser.seen() + 1 : 0;
    work.finish(
        Reply.of(
            failed.failure(),
            failed.failure().status(),
            row > 0 ? "row " + row + ": " + failed.getMessage() : "" + failed.getMessage(),
            (number > 0 ? "\"row\":" + number + "," : "") + "\"inserted\":" + kept));
  }

  private void undo() {
    Session transaction = session;
    session = null;
    if (transaction != null) {
      Watched.quietly(transaction.rollback());
    }
  }

  @Override
  public void stop(Failure failure, String why) {
    if (!over) {
      over = true;
      cancellation.cancel();
      undoOnceIdle();
      work.finish(Reply.of(failure, why));
    }
  }
}
