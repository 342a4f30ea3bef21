package dev.sluice.gateway.resilience;

import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds retries to a share of the requests of the last ten seconds, so that they cannot multiply
 * an overload. A small number of retries a second is allowed even without traffic. Lock-free but
 * for retries themselves; any thread.
 *
 * @see <a href="https://sre.google/sre-book/handling-overload/">Site Reliability Engineering,
 *     "Deciding to Retry"</a>
 */
public final class RetryBudget {
  private static final long SLOT_NANOS = 1_000_000_000L;

  /** Deposits are counted in thousandths of a retry. */
  private static final long UNIT = 1000;

  private final long depositUnits;
  private final long reserveUnits;
  private final TimeSlots slots;
  private final LongAdder withdrawn = new LongAdder();

  /**
   * @param share retries allowed per request, 0 to 1
   * @param minPerSecond retries allowed even without traffic
   */
  public RetryBudget(double share, int minPerSecond, Ticker ticker) {
    this.depositUnits = Math.round(share * UNIT);
    this.reserveUnits = (long) minPerSecond * TimeSlots.COUNT * UNIT;
    this.slots = new TimeSlots(SLOT_NANOS, ticker);
  }

  /** Counts one request (not an attempt). */
  public void deposit() {
    slots.now().value.addAndGet(depositUnits);
  }

  /** Takes one retry out; false when there is none left. One at a time, so never one too many. */
  public synchronized boolean tryWithdraw() {
    if (units() < UNIT) {
      return false;
    }
    slots.now().value.addAndGet(-UNIT);
    withdrawn.increment();
    return true;
  }

  /** Retries that could be taken now; for metrics. */
  public long balance() {
    return Math.max(0, units() / UNIT);
  }

  /** Retries taken so far; for metrics. */
  public long withdrawn() {
    return withdrawn.sum();
  }

  private long units() {
    return reserveUnits + slots.sum();
  }
}
