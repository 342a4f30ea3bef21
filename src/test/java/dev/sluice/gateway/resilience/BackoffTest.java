package dev.sluice.gateway.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final long MILLI = 1_000_000L;

  @Property(tries = 500)
  void eachDelayLiesWithinItsGrowingBound(
      @ForAll @LongRange(min = 0, max = 10_000 * MILLI) long first,
      @ForAll @LongRange(min = 0, max = 100_000 * MILLI) long more,
      @ForAll @IntRange(min = 1, max = 1000) int retry,
      @ForAll long seed) {
    long max = first + more;
    long delay = new Backoff.Exponential(first, max).delayNanos(retry, new SplittableRandom(seed));
    double bound = Math.min((double) max, first * Math.pow(2, retry - 1));
    assertThat((double) delay).isBetween(0.0, bound);
  }

  @Test
  void theJitterUsesTheWholeRange() {
    Backoff backoff = new Backoff.Exponential(25 * MILLI, 250 * MILLI);
    SplittableRandom random = new SplittableRandom(7);
    long[] bounds = {25, 50, 100, 200, 250, 250};
    for (int retry = 1; retry <= bounds.length; retry++) {
      long least = Long.MAX_VALUE;
      long most = 0;
      double sum = 0;
      for (int i = 0; i < 10_000; i++) {
        long delay = backoff.delayNanos(retry, random);
        least = Math.min(least, delay);
        most = Math.max(most, delay);
        sum += delay;
      }
      long bound = bounds[retry - 1] * MILLI;
      assertThat(least).isLessThan(bound / 100);
      assertThat(most).isBetween(bound - bound / 100, bound);
      assertThat(sum / 10_000).isBetween(bound * 0.48, bound * 0.52);
    }
  }

  @Test
  void aListIsTakenInItsOrderAndItsLastIsRepeated() {
    Backoff backoff = new Backoff.Listed(List.of(1L, 20L, 300L));
    SplittableRandom random = new SplittableRandom(1);
    long[] delays = new long[5];
    for (int retry = 1; retry <= delays.length; retry++) {
      delays[retry - 1] = backoff.delayNanos(retry, random);
    }
    assertThat(delays).containsExactly(1, 20, 300, 300, 300);
  }
}
