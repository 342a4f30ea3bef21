package dev.sluice.gateway.resilience;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Outcomes of the last so many seconds, in ten slots. A slot packs three counts of 21 bits: calls,
 * failures, slow ones; they stop at 2,097,151. Counts may be lost for the moment in which a slot is
 * emptied. Lock-free; any thread.
 */
final class OutcomeWindow {
  private static final int SLOTS = 10;
  private static final int BITS = 21;
  private static final long MASK = (1L << BITS) - 1;

  private final long slotNanos;
  private final Ticker ticker;
  private final boolean countsRows;
  private final AtomicLongArray slots = new AtomicLongArray(SLOTS);
  private final AtomicLong slot;
  private final AtomicInteger row = new AtomicInteger();

  /** What the window holds. */
  record Sums(long calls, long failed, long slow) {}

  OutcomeWindow(long windowNanos, Ticker ticker, boolean countsRows) {
    this.slotNanos = Math.max(1, windowNanos / SLOTS);
    this.ticker = ticker;
    this.countsRows = countsRows;
    this.slot = new AtomicLong(Math.floorDiv(ticker.nanos(), slotNanos));
  }

  void count(boolean failed, boolean slow) {
    if (countsRows) {
      if (failed) {
        row.incrementAndGet();
      } else if (row.get() != 0) {
        row.set(0);
      }
    }
    int index = current();
    long packed = slots.get(index);
    while ((packed & MASK) < MASK) {
      long next = packed + 1 + (failed ? 1L << BITS : 0) + (slow ? 1L << (2 * BITS) : 0);
      if (slots.compareAndSet(index, packed, next)) {
        return;
      }
      packed = slots.get(index);
    }
  }

  /** Failures since the last success. */
  int consecutive() {
    return row.get();
  }

  Sums sums() {
    current();
    long calls = 0;
    long failed = 0;
    long slow = 0;
    for (int i = 0; i < SLOTS; i++) {
      long packed = slots.get(i);
      calls += packed & MASK;
      failed += (packed >> BITS) & MASK;
      slow += (packed >> (2 * BITS)) & MASK;
    }
    return new Sums(calls, failed, slow);
  }

  private int current() {
    long now = Math.floorDiv(ticker.nanos(), slotNanos);
    long before = slot.get();
    if (now > before && slot.compareAndSet(before, now)) {
      for (long stale = Math.max(before + 1, now - SLOTS + 1); stale <= now; stale++) {
        slots.set(Math.floorMod(stale, SLOTS), 0);
      }
    }
    return Math.floorMod(now, SLOTS);
  }
}
