package dev.sluice.gateway.resilience;

import dev.sluice.gateway.failure.Failure;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often and when a route tries again.
 *
 * @param attempts all attempts, the first included; 1 to 10
 * @param connectFailure whether a connection that could not be made is retried
 * @param reset whether a connection that broke before the answer's head is retried
 * @param timeout whether an attempt that outlived {@code attemptTimeout} is retried
 * @param statuses 5xx statuses that are retried, sorted
 * @param attemptTimeout bound of one attempt within the deadline; null for none
 * @param backoff waiting time between attempts
 * @param budget share of retries among requests, 0 to 1
 */
public record RetryPolicy(
    int attempts,
    boolean connectFailure,
    boolean reset,
    boolean timeout,
    List<Integer> statuses,
    @Nullable Duration attemptTimeout,
    Backoff backoff,
    double budget) {
  public RetryPolicy {
    statuses = List.copyOf(statuses);
  }

  /** Whether this failure is worth another attempt. */
  public boolean retries(Failure failure) {
    return switch (failure) {
      case CONNECT_FAILED, CONNECT_TIMEOUT, TLS_FAILED, DNS_FAILED -> connectFailure;
      case UPSTREAM_RESET -> reset;
      case UPSTREAM_TIMEOUT -> timeout;
      default -> false;
    };
  }

  /** Whether an answer with this status is worth another attempt. */
  public boolean retries(int status) {
    return status >= 500 && statuses.contains(status);
  }
}
