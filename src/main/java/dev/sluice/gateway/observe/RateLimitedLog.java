package dev.sluice.gateway.observe;

import dev.sluice.gateway.resilience.Ticker;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets one log line through in each interval and counts those it holds back. Any thread, no lock.
 */
public final class RateLimitedLog {
  private final Ticker ticker;
  private final long intervalNanos;
  private final AtomicLong next;
  private final AtomicLong held = new AtomicLong();

  /** The first line passes at once. */
  public RateLimitedLog(Ticker ticker, long intervalNanos) {
    this.ticker = ticker;
    this.intervalNanos = intervalNanos;
    this.next = new AtomicLong(ticker.nanos());
  }

  /** How many were held back since the last line when this one may pass, -1 when it may not. */
  public long tryPass() {
    long now = ticker.nanos();
    long due = next.get();
    if (now - due >= 0 && next.compareAndSet(due, now + intervalNanos)) {
      return held.getAndSet(0);
    }
    held.incrementAndGet();
    return -1;
  }
}
