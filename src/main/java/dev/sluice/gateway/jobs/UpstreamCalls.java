package dev.sluice.gateway.jobs;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Hooks;
import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.http.PathRules;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.http.TraceContext;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.jobs.api.JobContext.Answer;
import dev.sluice.gateway.jobs.api.JobContext.Call;
import dev.sluice.gateway.offload.TaskRun;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one run to upstreams: exchanges within an exchange, with attempts, breakers, meters
 * and log lines like any other. They begin on that exchange's loop, whoever asks.
 */
final class UpstreamCalls {
  private static final long MAX_BYTES = 10 << 20;

  private final Loop loop;
  private final Map<String, InnerRoute> routes;
  private final @Nullable Supplier<Exchange> own;
  // The loop's own:
  private final Set<InnerCall> underWay = new HashSet<>();
  private @Nullable Exchange outer;
  private @Nullable Failed over;
  private boolean watched;

  private UpstreamCalls(
      Loop loop,
      Map<String, InnerRoute> routes,
      @Nullable Supplier<Exchange> own,
      @Nullable Exchange outer) {
    this.loop = loop;
    this.routes = routes;
    this.own = own;
    this.outer = outer;
  }

  /** Calls in the name of the exchange that waits for the run. */
  static UpstreamCalls within(Exchange exchange, JobPlan plan) {
    return new UpstreamCalls(exchange.loop(), plan.upstreams(), null, exchange);
  }

  /**
   * Calls of a run that nobody waits for.
   *
   * @param own begins the exchange that they belong to, on this loop, when there is a first call
   */
  static UpstreamCalls alone(Loop loop, JobPlan plan, Supplier<Exchange> own) {
    return new UpstreamCalls(loop, plan.upstreams(), own, null);
  }

  /** Any thread; the outcome comes to the caller's event loop, if it is on one. */
  Future<Answer> call(String upstream, Call call, TaskRun<?> self) {
    InnerRoute route = routes.get(upstream);
    if (route == null) {
      return Future.failedFuture(
          new IllegalArgumentException(
              "upstream " + upstream + " is not among the upstreams of this job's route"));
    }
    Promise<Answer> promise = Promise.promise();
    Context current = Vertx.currentContext();
    Context home = current != null && current.isEventLoopContext() ? current : null;
    loop.context()
        .runOnContext(nothing -> {
          Promise<Answer> outcome = Promise.promise();
          outcome
              .future()
              .onComplete((answer, cause) -> {
                Runnable settle =
                    () -> {
                      if (cause == null) {
                        promise.complete(answer);
                      } else {
                        promise.fail(cause);
                      }
                    };
                if (home == null) {
                  settle.run();
                } else {
                  home.runOnContext(unused -> settle.run());
                }
              });
          try {
            begin(route, call, self, outcome);
          } catch (RuntimeException unfit) { // a method or a header that HTTP does not have
            outcome.tryFail(unfit);
          }
        });
    return promise.future();
  }

  private void begin(InnerRoute route, Call call, TaskRun<?> self, Promise<Answer> outcome) {
    if (!watched) {
      watched = true;
      self.onCancel(() -> loop.context().runOnContext(nothing -> stop()));
    }
    if (over != null) {
      outcome.fail(over);
      return;
    }
    Exchange within = outer();
    Admission target = PathRules.admit(call.path(), within.host(), within.authority());
    if (!(target instanceof Admission.Admitted admitted)) {
      outcome.fail(new IllegalArgumentException("the path " + call.path() + " is malformed"));
      return;
    }
    MultiMap headers = HttpHeaders.headers();
    call.headers().forEach(headers::set);
    HopByHop.strip(headers);
    headers.remove(HttpHeaders.CONTENT_LENGTH);
    Content body = call.body();
    if (body != null && !headers.contains(HttpHeaders.CONTENT_TYPE)) {
      headers.set(HttpHeaders.CONTENT_TYPE, body.type());
    }
    InnerCall inner =
        new InnerCall(
            within,
            new InnerCall.Ask(
                HttpMethod.valueOf(call.method()),
                call.path(),
                headers,
                body == null ? null : Buffer.buffer(body.bytes())),
            new InnerCall.Bounds(self.deadlineNanos(), MAX_BYTES),
            done -> {
              underWay.remove(done);
              ended(done, outcome);
            });
    underWay.add(inner);
    inner
        .exchange()
        .admit(
            admitted,
            within.caller(),
            within.requestId(),
            TraceContext.next(within.traceparent(), loop.random()));
    inner.exchange().route(route, new String[0], Hooks.NONE);
    try {
      route.action().serve(inner.exchange());
    } catch (RuntimeException bug) {
      inner.exchange().answer(Reply.of(Failure.INTERNAL));
      outcome.tryFail(bug);
    }
  }

  private static void ended(InnerCall call, Promise<Answer> outcome) {
    Failure failure = call.failure();
    if (failure != null || !call.whole()) {
      Failure why = failure == null ? Failure.UPSTREAM_RESET : failure;
      outcome.tryFail(new Failed(why, "the call failed: " + why.reason()));
      return;
    }
    Map<String, String> headers = new HashMap<>();
    call.headers()
        .forEach(entry -> headers.put(entry.getKey().toLowerCase(Locale.ROOT), entry.getValue()));
    String type = headers.getOrDefault("content-type", "");
    outcome.tryComplete(
        new Answer(call.status(), headers, new Content(type, call.body().getBytes())));
  }

  private Exchange outer() {
    Exchange exchange = outer;
    if (exchange == null && own != null) {
      exchange = own.get();
      outer = exchange;
    }
    if (exchange == null) {
      throw new IllegalStateException("no exchange");
    }
    return exchange;
  }

  private void stop() {
    over = new Failed(Failure.CANCELLED, "the job was given up");
    for (InnerCall call : List.copyOf(underWay)) {
      call.cancel(Failure.CANCELLED, "the job was given up");
    }
  }

  /** The run is over: what it has under way is given up. Any thread. */
  void close() {
    loop.context()
        .runOnContext(nothing -> {
          stop();
          if (own != null && outer != null) {
            outer.end();
          }
        });
  }
}
