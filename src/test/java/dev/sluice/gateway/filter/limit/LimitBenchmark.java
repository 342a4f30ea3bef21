package dev.sluice.gateway.filter.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.LimitConfig;
import dev.sluice.gateway.config.Rate;
import dev.sluice.gateway.resilience.SystemTicker;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * What one look at a limit costs when a million keys were seen. Run alone: {@code mvn test
 * -Dtest=LimitBenchmark}; prints, judges nothing.
 */
@State(Scope.Benchmark)
@BenchmarkMode({Mode.SampleTime, Mode.AverageTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LimitBenchmark {
  private static final int SEEN = 1_000_000;
  private static final int KEPT = 100_000;

  private final String[] keys = new String[SEEN];

  /** Whether each node counts for itself, or all together. */
  @Param({"NODE", "CLUSTER"})
  public LimitConfig.Scope scope = LimitConfig.Scope.NODE;

  private final Limits limits = new Limits(SystemTicker.INSTANCE, Peers.NONE);
  private RateLimiter limiter = limiter();

  private RateLimiter limiter() {
    return limits.rate(
        "bench",
        new FilterConfig.RateLimit(
            new Rate(100, Duration.ofSeconds(1)),
            200,
            new LimitConfig.Key(LimitConfig.KeyKind.CLIENT_IP, null),
            scope,
            LimitConfig.OnPartition.LOCAL,
            1,
            new LimitConfig.OnLimit(Duration.ZERO),
            false,
            KEPT));
  }

  /** Every key comes once. */
  @Setup
  public void fill() {
    limiter = limiter();
    Thread.ofVirtual().start(this::tell);
    for (int i = 0; i < SEEN; i++) {
      keys[i] = "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255);
      limiter.bucket(keys[i]).take(1);
    }
  }

  /** As a node does, though nobody hears it. */
  private void tell() {
    while (true) {
      limits.tell();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  /** Any of a million keys: nine of ten are forgotten by now and made anew. */
  @Benchmark
  public ConsumptionProbe anyOfAMillion() {
    String key = keys[ThreadLocalRandom.current().nextInt(SEEN)];
    return limiter.bucket(key).take(1);
  }

  /** One of fifty thousand that come again and again. */
  @Benchmark
  public ConsumptionProbe regulars() {
    String key = keys[ThreadLocalRandom.current().nextInt(KEPT / 2)];
    return limiter.bucket(key).take(1);
  }

  @Test
  void measure() throws Exception {
    assertThat(
            new Runner(
                    new OptionsBuilder()
                        .include(LimitBenchmark.class.getName())
                        .forks(1)
                        .jvmArgs("-Xmx512m")
                        .warmupIterations(3)
                        .warmupTime(TimeValue.seconds(2))
                        .measurementIterations(3)
                        .measurementTime(TimeValue.seconds(3))
                        .threads(2)
                        .build())
                .run())
        .isNotEmpty();
  }
}
