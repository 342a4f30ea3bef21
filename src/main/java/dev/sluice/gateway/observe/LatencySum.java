package dev.sluice.gateway.observe;

/** What a reader adds up from many {@link Latencies}. Confined to the reading thread. */
final class LatencySum {
  final long[] counts = new long[Latencies.BUCKETS];
  long sumNanos;
  long minNanos = Long.MAX_VALUE;
  long maxNanos;

  long count() {
    long count = 0;
    for (long bucket : counts) {
      count += bucket;
    }
    return count;
  }

  /** How many are at most {@code nanos}, to the histogram's precision. */
  long atMost(long nanos) {
    long count = 0;
    for (int i = 0; i < counts.length && Latencies.upperNanos(i) <= nanos; i++) {
      count += counts[i];
    }
    return count;
  }

  /** The value below which the share {@code quantile} (0 to 1) lies; 0 when empty. */
  long quantile(double quantile) {
    long rank = (long) Math.ceil(quantile * count());
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank && seen > 0) {
        return Math.max(minNanos, Math.min(maxNanos, Latencies.upperNanos(i)));
      }
    }
    return 0;
  }

  Summary.Figures figures(long succeeded) {
    long count = count();
    if (count == 0) {
      return Summary.Figures.NONE;
    }
    return new Summary.Figures(
        count,
        Math.min(1.0, (double) succeeded / count),
        sumNanos / 1e6 / count,
        minNanos / 1e6,
        maxNanos / 1e6,
        quantile(0.5) / 1e6,
        quantile(0.99) / 1e6);
  }
}
