package dev.sluice.gateway.resilience;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Outcomes of the last so many seconds, in ten slots. A slot packs three counts of 21 bits: calls,
 * failures, slow ones; they stop at 2,097,151. Lock-free; any thread.
 */
final class OutcomeWindow {
  private static final int BITS = 21;
  private static final long MASK = (1L << BITS) - 1;

  private final boolean countsRows;
  private final TimeSlots slots;
  private final AtomicInteger row = new AtomicInteger();

  /** The latest slot with a failed or slow call. */
  private final AtomicLong trouble;

  /** What the window holds. */
  record Sums(long calls, long failed, long slow) {}

  OutcomeWindow(long windowNanos, Ticker ticker, boolean countsRows) {
    this.countsRows = countsRows;
    this.slots = new TimeSlots(Math.max(1, windowNanos / TimeSlots.COUNT), ticker);
    this.trouble = new AtomicLong(slots.number() - TimeSlots.COUNT);
  }

  void count(boolean failed, boolean slow) {
    if (countsRows) {
      if (failed) {
        row.incrementAndGet();
      } else if (row.get() != 0) {
        row.set(0);
      }
    }
    TimeSlots.Slot current = slots.now();
    if ((failed || slow) && trouble.get() < current.number) {
      trouble.accumulateAndGet(current.number, Math::max); // a late thread must not set it back
    }
    AtomicLong slot = current.value;
    long packed = slot.get();
    while ((packed & MASK) < MASK) {
      long next = packed + 1 + (failed ? 1L << BITS : 0) + (slow ? 1L << (2 * BITS) : 0);
      if (slot.compareAndSet(packed, next)) {
        return;
      }
      packed = slot.get();
    }
  }

  /** Failures since the last success. */
  int consecutive() {
    return row.get();
  }

  /** Whether it may hold a failed or slow call at all; costs next to nothing. */
  boolean troubled() {
    return slots.number() - trouble.get() < TimeSlots.COUNT;
  }

  /** All three counts of one look, so that their shares are true while others count. */
  Sums sums() {
    long[] counts = new long[3];
    slots.each(packed -> {
      counts[0] += packed & MASK;
      counts[1] += (packed >> BITS) & MASK;
      counts[2] += (packed >> (2 * BITS)) & MASK;
    });
    return new Sums(counts[0], counts[1], counts[2]);
  }
}
