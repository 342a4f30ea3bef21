package dev.sluice.gateway.proxy;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Breaker;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/** Answers to exchanges that a guard did not let through. */
final class Refusals {
  private Refusals() {}

  static Reply breakerOpen(Breaker breaker) {
    long seconds = Math.max(1, (breaker.retryAfterNanos() + 999_999_999L) / 1_000_000_000L);
    MultiMap headers = HttpHeaders.headers().add(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
    return Reply.of(
        Failure.BREAKER_OPEN, "the upstream failed too often; tried again later", headers);
  }
}
