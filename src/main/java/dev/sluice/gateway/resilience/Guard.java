package dev.sluice.gateway.resilience;

import dev.sluice.gateway.failure.Failure;
import org.jspecify.annotations.Nullable;

/**
 * Bounds some work: breaker, limiter, retry budget, pool or queue. Lock-free on the fast path; any
 * thread.
 */
public interface Guard {
  /** A permit, or null when refused; {@link #refusal()} says why. */
  @Nullable Permit tryEnter();

  /** Why {@link #tryEnter()} refuses. */
  Failure refusal();
}
