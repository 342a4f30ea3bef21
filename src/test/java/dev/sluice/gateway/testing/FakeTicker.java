package dev.sluice.gateway.testing;

import dev.sluice.gateway.resilience.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that a test moves by hand. Any thread. */
public final class FakeTicker implements Ticker {
  private final AtomicLong nanos = new AtomicLong();

  @Override
  public long nanos() {
    return nanos.get();
  }

  /** Moves the clock forward. */
  public void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }
}
