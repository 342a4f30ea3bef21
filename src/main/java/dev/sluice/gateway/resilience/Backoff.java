package dev.sluice.gateway.resilience;

import java.util.random.RandomGenerator;

/**
 * How long to wait before an attempt.
 *
 * @see <a
 *     href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential
 *     Backoff And Jitter</a> ("full jitter")
 */
public sealed interface Backoff {
  /**
   * Nanoseconds to wait before retry number {@code retry} (1 for the first).
   *
   * @param random source of the jitter
   */
  long delayNanos(int retry, RandomGenerator random);

  /** Exponential with full jitter: uniform in {@code [0, min(max, first * 2^(retry-1))]}. */
  record Exponential(long firstNanos, long maxNanos) implements Backoff {
    @Override
    public long delayNanos(int retry, RandomGenerator random) {
      int shift = Math.min(retry - 1, 32);
      long ceiling =
          firstNanos > (maxNanos >> shift) ? maxNanos : Math.min(maxNanos, firstNanos << shift);
      return ceiling <= 0 ? 0 : random.nextLong(ceiling + 1);
    }
  }

  /** Fixed delays, the last one repeated. */
  record Listed(java.util.List<Long> nanos) implements Backoff {
    public Listed {
      nanos = java.util.List.copyOf(nanos);
    }

    @Override
    public long delayNanos(int retry, RandomGenerator random) {
      return nanos.isEmpty() ? 0 : nanos.get(Math.min(retry, nanos.size()) - 1);
    }
  }
}
