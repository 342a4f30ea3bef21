package dev.sluice.gateway.observe;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A log-linear histogram of durations: sixteen linear steps in each power of two of microseconds,
 * so a value is known to 1/16. From 1 µs to 71 minutes; longer counts as the longest.
 *
 * <p>One thread writes, any reads. Writes are ordered stores, no read-modify-write: the writer is
 * alone, and a reader may miss the newest few.
 */
final class Latencies {
  static final int STEPS = 16;
  private static final int SHIFT = 4;
  private static final int MAX_EXPONENT = 31;
  static final int BUCKETS = (MAX_EXPONENT - SHIFT + 2) * STEPS;
  private static final int SUM = BUCKETS;
  private static final int MIN = BUCKETS + 1;
  private static final int MAX = BUCKETS + 2;

  private final AtomicLongArray cells = new AtomicLongArray(BUCKETS + 3);

  Latencies() {
    cells.setPlain(MIN, Long.MAX_VALUE);
  }

  /** Writer's thread. */
  void record(long nanos) {
    long value = Math.max(0, nanos);
    int bucket = bucket(value);
    cells.lazySet(bucket, cells.getPlain(bucket) + 1);
    cells.lazySet(SUM, cells.getPlain(SUM) + value);
    if (value < cells.getPlain(MIN)) {
      cells.lazySet(MIN, value);
    }
    if (value > cells.getPlain(MAX)) {
      cells.lazySet(MAX, value);
    }
  }

  /** Adds what is recorded here to a reader's sum. */
  void addTo(LatencySum sum) {
    for (int i = 0; i < BUCKETS; i++) {
      sum.counts[i] += cells.get(i);
    }
    sum.sumNanos += cells.get(SUM);
    sum.minNanos = Math.min(sum.minNanos, cells.get(MIN));
    sum.maxNanos = Math.max(sum.maxNanos, cells.get(MAX));
  }

  static int bucket(long nanos) {
    long micros = nanos / 1000;
    if (micros < STEPS) {
      return (int) micros;
    }
    int exponent = 63 - Long.numberOfLeadingZeros(micros);
    if (exponent > MAX_EXPONENT) {
      return BUCKETS - 1;
    }
    int step = (int) (micros >>> (exponent - SHIFT)) & (STEPS - 1);
    return (exponent - SHIFT + 1) * STEPS + step;
  }

  /** The first nanosecond that lies above the bucket. */
  static long upperNanos(int bucket) {
    if (bucket < STEPS) {
      return (bucket + 1) * 1000L;
    }
    int shift = bucket / STEPS - 1;
    return ((long) (STEPS + bucket % STEPS + 1) << shift) * 1000L;
  }
}
