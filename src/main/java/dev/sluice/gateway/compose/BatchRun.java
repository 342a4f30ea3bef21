package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.exchange.Aside;
import dev.sluice.gateway.exchange.BodyWriter;
import dev.sluice.gateway.exchange.Dispatch;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.ProblemBody;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One exchange's batch: so many elements at once, answered in their order, each written as soon as
 * it and all before it have ended. No further element begins while the client takes nothing or too
 * many answers wait for one before them, so that memory is bounded. Confined to the exchange's
 * loop.
 */
final class BatchRun implements Work.Task {
  private static final int ERROR = 400;

  private final Exchange exchange;
  private final ActionConfig.Batch config;
  private final List<?> elements;
  private final Dispatch dispatch;
  private final boolean lines;
  private final Work work;
  private final BodyWriter out;
  private final @Nullable InnerCall[] begun;
  private final @Nullable Buffer[] answers;
  private int next;
  private int written;
  private int running;
  private boolean stepping;
  private boolean over;

  /** Nobody takes its answer any more. */
  private boolean given;

  /** Why no further element begins; null while all goes well. */
  private @Nullable Failure stopped;

  private String why = "";

  BatchRun(
      Exchange exchange,
      ActionConfig.Batch config,
      List<?> elements,
      Work.Bounds bounds,
      Dispatch dispatch,
      boolean lines) {
    this.exchange = exchange;
    this.config = config;
    this.elements = elements;
    this.dispatch = dispatch;
    this.lines = lines;
    this.work = new Work(exchange, bounds, this);
    this.out = new BodyWriter(exchange, work, this::step);
    this.begun = new InnerCall[elements.size()];
    this.answers = new Buffer[elements.size()];
  }

  void begin() {
    work.begin();
    MultiMap headers = HttpHeaders.headers();
    headers.set(HttpHeaders.CONTENT_TYPE, lines ? "application/x-ndjson" : "application/json");
    out.begin(200, headers);
    if (!lines) {
      out.write(Buffer.buffer("["));
    }
    step();
  }

  private void step() {
    if (stepping || over) {
      return;
    }
    stepping = true;
    boolean moved = true;
    while (moved && !given) {
      moved = write();
      while (mayBegin()) {
        start(next++);
        moved = true;
      }
    }
    stepping = false;
    if (running > 0 || over) {
      return;
    }
    if (given) {
      over = true;
      work.finish(Reply.of(stopped == null ? Failure.CANCELLED : stopped, why));
    } else if (written == elements.size()) {
      over = true;
      if (!lines) {
        out.write(Buffer.buffer("]"));
      }
      out.end();
    }
  }

  private boolean mayBegin() {
    return next < elements.size()
        && running < config.concurrency()
        && next - written < config.chunk()
        && !out.full();
  }

  /** Writes what has ended and has nothing unwritten before it. */
  private boolean write() {
    int before = written;
    while (written < next && answers[written] != null && !out.full()) {
      Buffer answer = answers[written];
      answers[written] = null;
      if (answer != null) {
        out.write(lines ? answer.appendByte((byte) '\n') : separated(answer));
      }
      written++;
    }
    return written > before;
  }

  private Buffer separated(Buffer answer) {
    return written == 0 ? answer : Buffer.buffer(",").appendBuffer(answer);
  }

  private void start(int index) {
    Object element = elements.get(index);
    Failure reason = stopped;
    if (reason != null) {
      answers[index] = refused(index, new Failed(reason, why));
      return;
    }
    try {
      InnerCall.Ask ask = BatchElement.ask(element, exchange);
      running++;
      InnerCall call =
          new InnerCall(
              exchange,
              ask,
              new InnerCall.Bounds(Long.MAX_VALUE, config.maxBytes()),
              ended -> ended(index, ended));
      begun[index] = call;
      dispatch.serve(call);
    } catch (Failed bad) {
      answers[index] = refused(index, bad);
      stopAfter(bad.failure().status());
    }
  }

  private void ended(int index, InnerCall call) {
    begun[index] = null;
    Failure cut = call.whole() ? null : call.failure();
    int status = cut == null ? call.status() : cut.status();
    if (cut == null && call.body().length() > Aside.SMALL_BYTES) {
      exchange
          .loop()
          .aside()
          .run("json", () -> answer(index, call))
          .onComplete((answer, cause) ->
              answered(
                  index,
                  status,
                  cause == null
                      ? answer
                      : refused(index, new Failed(Failure.JOB_REJECTED, "too much waits"))));
      return;
    }
    answered(
        index,
        status,
        cut == null ? answer(index, call) : refused(index, new Failed(cut, "it broke off")));
  }

  private void answered(int index, int status, Buffer answer) {
    running--;
    answers[index] = answer;
    stopAfter(status);
    step();
  }

  private void stopAfter(int status) {
    if (config.stopOnFailure() && status >= ERROR && stopped == null) {
      stopped = Failure.CANCELLED;
      why = "an element before it failed";
    }
  }

  @Override
  public void stop(Failure failure, String reason) {
    stopped = failure;
    why = reason;
    given = failure != Failure.DEADLINE_EXCEEDED;
    for (InnerCall call : begun) {
      if (call != null && failure == Failure.CLIENT_GONE) {
        call.leave();
      } else if (call != null) {
        call.cancel(given ? Failure.CANCELLED : failure, reason);
      }
    }
    step();
  }

  private Buffer answer(int index, InnerCall call) {
    Map<String, String> headers = new LinkedHashMap<>();
    call.headers()
        .forEach((name, value) ->
            headers.merge(name.toLowerCase(Locale.ROOT), value, (one, more) -> one + ", " + more));
    return Buffer.buffer(
        TemplateJson.write(element(index, call.status(), headers, PartOutcome.body(call.body()))));
  }

  private Buffer refused(int index, Failed failed) {
    Failure failure = failed.failure();
    Buffer problem =
        ProblemBody.json(
            failure, failure.status(), failed.getMessage(), exchange.requestId(), null);
    Map<String, String> headers = Map.of("content-type", ProblemBody.JSON);
    return Buffer.buffer(
        TemplateJson.write(
            element(index, failure.status(), headers, TemplateJson.parse(problem.getBytes()))));
  }

  private Map<String, @Nullable Object> element(
      int index, int status, Map<String, String> headers, @Nullable Object body) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("id", BatchElement.id(elements.get(index)));
    answer.put("status", status);
    answer.put("headers", headers);
    answer.put("body", body);
    return answer;
  }
}
