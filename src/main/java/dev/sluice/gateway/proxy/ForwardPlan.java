package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.resilience.RetryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * What a route says about forwarding, worked out once when the configuration loads.
 *
 * @param rewrite null keeps the path
 * @param timeoutNanos to the answer's head
 * @param totalNanos to the last byte; 0 for no bound
 * @param idleNanos silence while bodies stream
 * @param streamIdleNanos the same for SSE and gRPC
 * @param rfc7239 whether {@code Forwarded} is sent beside the X- headers
 * @param completeNanos how long work goes on after its client left; 0 cancels it at once
 * @param attemptNanos bound of one attempt; 0 for none
 */
public record ForwardPlan(
    @Nullable PathRewrite rewrite,
    long timeoutNanos,
    long totalNanos,
    long idleNanos,
    long streamIdleNanos,
    RetryPolicy retry,
    long attemptNanos,
    boolean rfc7239,
    long completeNanos) {

  /** Makes the path that the upstream sees, percent-encoded and beginning with a slash. */
  @FunctionalInterface
  public interface PathRewrite {
    String path(Exchange exchange);
  }
}
