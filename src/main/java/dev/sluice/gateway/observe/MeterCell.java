package dev.sluice.gateway.observe;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.failure.Source;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What one loop has counted for one route or upstream. The loop alone writes, any thread reads; an
 * array of buckets is made when a combination of status class and reason is first seen, so that
 * nothing is allocated after.
 */
final class MeterCell {
  static final int CLASSES = 6;
  static final Failure[] REASONS = Failure.values();
  static final int SERIES = CLASSES * (REASONS.length + 1);
  static final int RECENT = 100;
  private static final int BYTES_IN = 0;
  private static final int BYTES_OUT = 1;
  private static final int SUCCEEDED = 2;
  private static final int ENDED = 3;
  private static final int SUMS = 4;

  private final AtomicReferenceArray<@Nullable Latencies> series =
      new AtomicReferenceArray<>(SERIES);
  private final AtomicLongArray sums = new AtomicLongArray(SUMS);
  // Of each of the last exchanges: its end, and its duration shifted by one with the success in the
  // lowest bit.
  private final AtomicLongArray recent = new AtomicLongArray(2 * RECENT);

  /** The cell's loop. */
  void record(int status, @Nullable Failure failure, long nanos, long endNanos, long in, long out) {
    int key = key(status, failure);
    Latencies latencies = series.getPlain(key);
    if (latencies == null) {
      latencies = new Latencies();
      series.setRelease(key, latencies);
    }
    latencies.record(nanos);
    boolean success =
        status > 0 && status < 500 && (failure == null || failure.source() == Source.CLIENT);
    add(BYTES_IN, in);
    add(BYTES_OUT, out);
    if (success) {
      add(SUCCEEDED, 1);
    }
    int slot = 2 * (int) (sums.getPlain(ENDED) % RECENT);
    recent.lazySet(slot, endNanos);
    recent.lazySet(slot + 1, Math.max(0, nanos) << 1 | (success ? 1 : 0));
    add(ENDED, 1);
  }

  private void add(int index, long more) {
    sums.lazySet(index, sums.getPlain(index) + more);
  }

  static int key(int status, @Nullable Failure failure) {
    int group = status >= 100 && status < 600 ? status / 100 : 0;
    return group * (REASONS.length + 1) + (failure == null ? 0 : failure.ordinal() + 1);
  }

  @Nullable Latencies series(int key) {
    return series.getAcquire(key);
  }

  long bytesIn() {
    return sums.get(BYTES_IN);
  }

  long bytesOut() {
    return sums.get(BYTES_OUT);
  }

  long succeeded() {
    return sums.get(SUCCEEDED);
  }

  int recentSize() {
    return (int) Math.min(RECENT, sums.get(ENDED));
  }

  long recentEnd(int index) {
    return recent.get(2 * index);
  }

  long recentNanos(int index) {
    return recent.get(2 * index + 1) >>> 1;
  }

  boolean recentSuccess(int index) {
    return (recent.get(2 * index + 1) & 1) == 1;
  }
}
