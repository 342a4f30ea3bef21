package dev.sluice.gateway.resilience;

import dev.sluice.gateway.failure.Failure;
import org.jspecify.annotations.Nullable;

/** SKELETON: signatures are the contract; the resilience author fills this in. */
public final class Breaker implements Guard {
  /** State of the breaker. */
  public enum State {
    CLOSED,
    OPEN,
    HALF_OPEN
  }

  /** Told of each change of state, on the thread that caused it. */
  @FunctionalInterface
  public interface Listener {
    void changed(Breaker breaker, State from, State to);
  }

  private final BreakerPolicy policy;

  public Breaker(BreakerPolicy policy, Ticker ticker, Listener listener) {
    this.policy = policy;
  }

  @Override
  public @Nullable Permit tryEnter() {
    return outcome -> {};
  }

  @Override
  public Failure refusal() {
    return Failure.BREAKER_OPEN;
  }

  public State state() {
    return State.CLOSED;
  }

  public BreakerPolicy policy() {
    return policy;
  }

  /** Nanoseconds until an open breaker lets a probe through; 0 when it is not open. Serves {@code Retry-After}. */
  public long retryAfterNanos() {
    return 0;
  }
}
