package dev.sluice.gateway.proxy;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.failure.Source;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.Outcome;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/** What becomes of exchanges that a guard or a pool did not let through. */
final class Refusals {
  private Refusals() {}

  /** What a lease that was refused says of the endpoint: nothing, when it is the gateway's own. */
  static Outcome outcome(Failure refused) {
    return refused.source() == Source.GATEWAY ? Outcome.IGNORED : Outcome.FAILURE;
  }

  static Reply breakerOpen(Breaker breaker) {
    long seconds = Math.max(1, (breaker.retryAfterNanos() + 999_999_999L) / 1_000_000_000L);
    MultiMap headers = HttpHeaders.headers().add(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
    return Reply.of(
        Failure.BREAKER_OPEN, "the upstream failed too often; tried again later", headers);
  }
}
