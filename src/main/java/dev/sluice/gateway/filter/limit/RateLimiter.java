package dev.sluice.gateway.filter.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.resilience.Ticker;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * One limit's token buckets, a bucket for each key. As many keys are remembered as its
 * configuration says; who comes often is kept before who came once (W-TinyLFU), so that a flood of
 * keys does not wash the others' buckets away. A bucket that nobody asked for until it was full
 * again says nothing and is forgotten. Any thread; nothing waits.
 */
public final class RateLimiter {
  /** Requests of one limit that wait for their turn; more are refused. */
  private static final int MOST_WAITING = 10_000;

  private static final Duration SLACK = Duration.ofSeconds(30);

  private final String name;
  private final FilterConfig.RateLimit config;
  private final Bandwidth bandwidth;
  private final TimeMeter clock;
  private final Cache<String, Bucket> buckets;
  private final AtomicInteger waiting = new AtomicInteger();
  final LongAdder refused = new LongAdder();
  final LongAdder delayed = new LongAdder();
  final LongAdder tolerated = new LongAdder();

  /** Remembers nobody yet. */
  public RateLimiter(String name, FilterConfig.RateLimit config, Ticker ticker) {
    this.name = name;
    this.config = config;
    this.bandwidth =
        Bandwidth.builder()
            .capacity(config.burst())
            .refillGreedy(config.rate().count(), config.rate().per())
            .build();
    this.clock = new Clock(ticker);
    this.buckets =
        Caffeine.newBuilder()
            .maximumSize(config.keys())
            // The cache may notice an access up to a second late, and must never forget too early.
            .expireAfterAccess(full().plus(SLACK))
            .ticker(ticker::nanos)
            .executor(Runnable::run)
            .build();
  }

  private record Clock(Ticker ticker) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
      return ticker.nanos();
    }

    @Override
    public boolean isWallClockBased() {
      return false;
    }
  }

  /** How long an empty bucket takes to be full. */
  private Duration full() {
    double periods = Math.ceil((double) config.burst() / config.rate().count());
    double nanos = Math.min(periods * config.rate().per().toNanos(), Long.MAX_VALUE / 4.0);
    return Duration.ofNanos((long) nanos);
  }

  String name() {
    return name;
  }

  FilterConfig.RateLimit config() {
    return config;
  }

  /** The bucket of a key; full when the key is new. */
  Bucket bucket(String key) {
    return buckets.get(key, unseen -> made());
  }

  private Bucket made() {
    return Bucket.builder().addLimit(bandwidth).withCustomTimePrecision(clock).build();
  }

  /** Takes one of the places of those that wait; false when all are taken. */
  boolean mayWait() {
    if (waiting.incrementAndGet() <= MOST_WAITING) {
      return true;
    }
    waited();
    return false;
  }

  /** Gives it back. */
  void waited() {
    waiting.decrementAndGet();
  }

  /**
   * What it did so far.
   *
   * @param keys that it remembers now
   * @param refused requests
   * @param delayed requests that waited for their turn
   * @param tolerated requests that a dry run would have refused
   */
  public record Stats(String name, long keys, long refused, long delayed, long tolerated) {}

  /** What it did so far. */
  public Stats stats() {
    return new Stats(name, buckets.estimatedSize(), refused.sum(), delayed.sum(), tolerated.sum());
  }
}
