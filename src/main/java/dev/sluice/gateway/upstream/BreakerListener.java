package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Breaker;

/**
 * Told when an upstream's breaker changes its state, on the thread that caused it; must not block.
 */
@FunctionalInterface
public interface BreakerListener {
  /** Tells nobody. */
  BreakerListener NONE = (upstream, breaker, change) -> {};

  /** The breaker of the upstream with this name went from one state to another. */
  void changed(String upstream, Breaker breaker, Breaker.Change change);
}
