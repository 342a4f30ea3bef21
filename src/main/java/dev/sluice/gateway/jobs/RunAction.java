package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.offload.Offload;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Runs a job and answers with its result. One instance serves all loops. */
final class RunAction implements JobAction {
  private final JobPlan plan;
  private final Offload offload;
  private final JobsConfig config;
  private final Work.Bounds bounds;

  RunAction(RouteConfig route, JobPlan plan, Offload offload, JobsConfig config) {
    this.plan = plan;
    this.offload = offload;
    this.config = config;
    this.bounds = Work.Bounds.of(route).timeout(plan.timeoutNanos());
  }

  @Override
  public void serve(Exchange exchange) {
    exchange.readBody(config.maxInput(), body -> new Waiting(exchange).begin(body));
  }

  /** The input that a request is. */
  static Content input(Exchange exchange, Buffer body) {
    String type = exchange.requestHeaders().get(HttpHeaders.CONTENT_TYPE);
    return new Content(type == null ? "" : type, body.getBytes());
  }

  /** The answer that a result is. */
  static Reply reply(Content result) {
    MultiMap headers = HttpHeaders.headers();
    headers.set(
        HttpHeaders.CONTENT_TYPE,
        result.type().isEmpty() ? "application/octet-stream" : result.type());
    return Reply.of(200, headers, Buffer.buffer(result.bytes()));
  }

  /** One exchange that waits for its run. Confined to the exchange's loop. */
  private final class Waiting implements Work.Task {
    private final Exchange exchange;
    private final Work work;
    private @Nullable JobRun run;
    private boolean over;

    Waiting(Exchange exchange) {
      this.exchange = exchange;
      this.work = new Work(exchange, bounds, this);
    }

    void begin(Buffer body) {
      exchange.phase(Phase.WAITING);
      work.begin();
      JobRun begun =
          JobRun.start(
              offload,
              plan,
              exchange.requestId(),
              input(exchange, body),
              new JobRun.Bounds(exchange.deadlineNanos(), config.maxResult()),
              UpstreamCalls.within(exchange, plan));
      run = begun;
      begun
          .outcome()
          .onComplete((result, cause) -> {
            if (!over) {
              over = true;
              work.finish(cause == null ? reply(result) : Reply.of((Failed) cause));
            }
          });
    }

    @Override
    public void stop(Failure failure, String why) {
      over = true;
      if (run != null) {
        run.cancel(failure, why);
      }
      work.finish(Reply.of(failure, why));
    }
  }
}
