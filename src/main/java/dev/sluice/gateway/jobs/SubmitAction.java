package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Task;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/** Takes a job to be run, and says where to ask for it. One instance serves all loops. */
final class SubmitAction implements JobAction {
  private static final CharSequence IDEMPOTENCY_KEY =
      HttpHeaders.createOptimized("idempotency-key");
  private static final int MOST_KEY = 255;
  private static final int SMALL_BYTES = 64 << 10;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final RouteConfig route;
  private final JobPlan plan;
  private final Jobs jobs;
  private final AsyncJobs async;
  private final Work.Bounds bounds;

  SubmitAction(RouteConfig route, JobPlan plan, Jobs jobs, AsyncJobs async) {
    this.route = route;
    this.plan = plan;
    this.jobs = jobs;
    this.async = async;
    this.bounds = Work.Bounds.of(route);
  }

  JobPlan plan() {
    return plan;
  }

  @Override
  public void serve(Exchange exchange) {
    exchange.readBody(jobs.config().maxInput(), body -> new Waiting(exchange).begin(body));
  }

  /** 128 bits of chance: who has not been told an id does not find one. */
  private static String id() {
    byte[] octets = new byte[16];
    RANDOM.nextBytes(octets);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
  }

  private static byte[] digest(byte[] octets) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(octets);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** One exchange that waits until its job is kept. Confined to the exchange's loop. */
  private final class Waiting implements Work.Task {
    private final Exchange exchange;
    private final Work work;
    private boolean over;

    Waiting(Exchange exchange) {
      this.exchange = exchange;
      this.work = new Work(exchange, bounds, this);
    }

    void begin(Buffer body) {
      exchange.phase(Phase.WAITING);
      work.begin();
      Content input = RunAction.input(exchange, body);
      accepted(input)
          .compose(digest ->
              over
                  ? Future.<String>failedFuture(new Failed(Failure.CANCELLED, "nobody waits"))
                  : async.store().add(submission(input, digest)))
          .onComplete((id, cause) -> {
            if (cause == null) {
              async.nudge();
            }
            if (!over) {
              over = true;
              work.finish(
                  cause == null
                      ? reply(id)
                      : cause instanceof Failed failed
                          ? Reply.of(failed)
                          : Reply.of(Failure.INTERNAL));
            }
          });
    }

    /** Reads the input on trial and gives its digest; what is large is not for a loop. */
    private Future<String> accepted(Content input) {
      if (input.bytes().length > SMALL_BYTES) {
        return jobs.offload()
            .submit(
                new Task<String>(Kind.CPU, plan.name() + " input", self -> checked(input)),
                exchange.deadlineNanos())
            .future();
      }
      return Future.succeededFuture(checked(input));
    }

    private String checked(Content input) {
      plan.read(input);
      return HexFormat.of().formatHex(digest(input.bytes()));
    }

    private JobStore.Submission submission(Content input, String digest) {
      String key = exchange.requestHeaders().get(IDEMPOTENCY_KEY);
      if (key != null && (key.isEmpty() || key.length() > MOST_KEY)) {
        throw new Failed(
            Failure.INVALID_INPUT, "Idempotency-Key has 1 to " + MOST_KEY + " characters");
      }
      return new JobStore.Submission(
          id(), route.name(), plan.name(), input, key == null ? null : scoped(key), digest);
    }

    /** A key is the route's and its client's own, as far as credentials tell one from another. */
    private String scoped(String key) {
      String who = exchange.requestHeaders().get(HttpHeaders.AUTHORIZATION);
      String whole = route.name() + "\n" + (who == null ? "" : who) + "\n" + key;
      return HexFormat.of().formatHex(digest(whole.getBytes(StandardCharsets.UTF_8)));
    }

    private Reply reply(String id) {
      MultiMap headers = HttpHeaders.headers();
      String location = jobs.config().path() + "/" + id;
      headers.set(HttpHeaders.LOCATION, location);
      headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
      JsonObject body = new JsonObject().put("id", id).put("location", location);
      return Reply.of(202, headers, body.toBuffer());
    }

    @Override
    public void stop(Failure failure, String why) {
      over = true;
      work.finish(Reply.of(failure, why));
    }
  }
}
