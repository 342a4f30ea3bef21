package dev.sluice.gateway.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds retries to a share of the requests of the last ten seconds, so that they cannot multiply
 * an overload. A small number of retries a second is allowed even without traffic. Lock-free; any
 * thread.
 *
 * @see <a href="https://sre.google/sre-book/handling-overload/">Site Reliability Engineering,
 *     "Deciding to Retry"</a>
 */
public final class RetryBudget {
  private static final int SLOTS = 10;
  private static final long SLOT_NANOS = 1_000_000_000L;

  /** Deposits are counted in thousandths of a retry. */
  private static final long UNIT = 1000;

  private final long depositUnits;
  private final long reserveUnits;
  private final Ticker ticker;
  private final AtomicLongArray slots = new AtomicLongArray(SLOTS);
  private final AtomicLong slot;
  private final LongAdder withdrawn = new LongAdder();

  /**
   * @param share retries allowed per request, 0 to 1
   * @param minPerSecond retries allowed even without traffic
   */
  public RetryBudget(double share, int minPerSecond, Ticker ticker) {
    this.depositUnits = Math.round(share * UNIT);
    this.reserveUnits = (long) minPerSecond * SLOTS * UNIT;
    this.ticker = ticker;
    this.slot = new AtomicLong(Math.floorDiv(ticker.nanos(), SLOT_NANOS));
  }

  /** Counts one request (not an attempt). */
  public void deposit() {
    slots.addAndGet(current(), depositUnits);
  }

  /** Takes one retry out; false when there is none left. */
  public boolean tryWithdraw() {
    int index = current();
    if (units() < UNIT) {
      return false;
    }
    slots.addAndGet(index, -UNIT);
    withdrawn.increment();
    return true;
  }

  /** Retries that could be taken now; for metrics. */
  public long balance() {
    current();
    return Math.max(0, units() / UNIT);
  }

  /** Retries taken so far; for metrics. */
  public long withdrawn() {
    return withdrawn.sum();
  }

  private long units() {
    long sum = reserveUnits;
    for (int i = 0; i < SLOTS; i++) {
      sum += slots.get(i);
    }
    return sum;
  }

  /** The slot of now; those whose ten seconds are over are emptied by whoever comes first. */
  private int current() {
    long now = Math.floorDiv(ticker.nanos(), SLOT_NANOS);
    long before = slot.get();
    if (now > before && slot.compareAndSet(before, now)) {
      for (long stale = Math.max(before + 1, now - SLOTS + 1); stale <= now; stale++) {
        slots.set(Math.floorMod(stale, SLOTS), 0);
      }
    }
    return Math.floorMod(now, SLOTS);
  }
}
