package dev.sluice.gateway.filter.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.LimitConfig.OnPartition;
import dev.sluice.gateway.config.LimitConfig.Scope;
import dev.sluice.gateway.resilience.Ticker;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * One limit's token buckets, a bucket for each key. As many keys are remembered as its
 * configuration says; who comes often is kept before who came once (W-TinyLFU), so that a flood of
 * keys does not wash the others' buckets away. A bucket that nobody asked for until it was full
 * again says nothing and is forgotten. Any thread; nothing waits.
 */
public final class RateLimiter implements Shared.Heard {
  /** Requests of one limit that wait for their turn; more are refused. */
  private static final int MOST_WAITING = 10_000;

  private static final Duration SLACK = Duration.ofSeconds(30);

  private final String name;
  private final FilterConfig.RateLimit config;
  private final boolean clusterWide;
  private final Peers peers;
  private final Shared shared;
  private final Bandwidth bandwidth;
  private final TimeMeter clock;
  private final Cache<String, Tokens> buckets;
  private final AtomicInteger waiting = new AtomicInteger();
  final LongAdder refused = new LongAdder();
  final LongAdder delayed = new LongAdder();
  final LongAdder tolerated = new LongAdder();

  /**
   * Remembers nobody yet.
   *
   * @param peers who else counts; of use to a limit of the cluster only
   * @param shared where it says what was taken
   */
  RateLimiter(
      String name, FilterConfig.RateLimit config, Ticker ticker, Peers peers, Shared shared) {
    this.name = name;
    this.config = config;
    this.clusterWide = config.scope() == Scope.CLUSTER;
    this.peers = peers;
    this.shared = shared;
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

  /** One key's bucket. */
  final class Tokens implements Shared.Taken {
    private final String key;
    private final Bucket bucket =
        Bucket.builder().addLimit(bandwidth).withCustomTimePrecision(clock).build();

    /** What the others do not know yet, twice; odd while it waits to be told. */
    private final AtomicLong untold = new AtomicLong();

    Tokens(String key) {
      this.key = key;
    }

    /** Takes so many, if they are there. */
    ConsumptionProbe take(int cost) {
      ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(price(cost));
      if (probe.isConsumed()) {
        say(cost);
      }
      return probe;
    }

    /** Takes so many ahead of time; nanoseconds until they would have been there. */
    long ahead(int cost) {
      say(cost);
      return bucket.consumeIgnoringRateLimits(cost);
    }

    /** Nobody used them. */
    void giveBack(int cost) {
      say(-cost);
      bucket.addTokens(cost);
    }

    /** While somebody is silent a request takes for all nodes, so that each lets its share pass. */
    private long price(int cost) {
      return clusterWide && peers.silent()
          ? Math.min((long) cost * peers.nodes(), config.burst())
          : cost;
    }

    private void say(int cost) {
      if (clusterWide
          && (untold.getAndAdd(2L * cost) & 1) == 0
          && (untold.getAndUpdate(both -> both | 1) & 1) == 0
          && !shared.tell(this)) {
        untold.getAndUpdate(both -> both & ~1L); // the next one tries again
      }
    }

    @Override
    public String limit() {
      return name;
    }

    @Override
    public String key() {
      return key;
    }

    @Override
    public long sum() {
      return untold.getAndSet(0) >> 1;
    }

    private void elsewhere(long tokens) {
      if (tokens > 0) {
        bucket.consumeIgnoringRateLimits(tokens);
      } else if (tokens < 0) {
        bucket.addTokens(-tokens);
      }
    }
  }

  String name() {
    return name;
  }

  FilterConfig.RateLimit config() {
    return config;
  }

  /** The bucket of a key; full when the key is new. */
  Tokens bucket(String key) {
    return buckets.get(key, Tokens::new);
  }

  /** Whether nothing may pass now, since nobody can tell what the others let pass. */
  boolean blind() {
    return clusterWide && config.onPartition() == OnPartition.REFUSE && peers.silent();
  }

  @Override
  public void taken(String key, long tokens) {
    bucket(key).elsewhere(tokens);
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
