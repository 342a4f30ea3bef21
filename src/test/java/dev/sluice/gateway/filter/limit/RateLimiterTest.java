package dev.sluice.gateway.filter.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.LimitConfig;
import dev.sluice.gateway.config.Rate;
import dev.sluice.gateway.testing.FakeTicker;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimiterTest {
  private final FakeTicker ticker = new FakeTicker();

  private RateLimiter limiter(long rate, long burst, int keys) {
    return new RateLimiter(
        "test",
        new FilterConfig.RateLimit(
            new Rate(rate, Duration.ofSeconds(1)),
            burst,
            new LimitConfig.Key(LimitConfig.KeyKind.CLIENT_IP, null),
            LimitConfig.Scope.NODE,
            LimitConfig.OnPartition.LOCAL,
            1,
            new LimitConfig.OnLimit(Duration.ZERO),
            false,
            keys),
        ticker,
        Peers.NONE,
        new Shared());
  }

  private static int taken(RateLimiter limiter, String key, int times) {
    int taken = 0;
    for (int i = 0; i < times; i++) {
      taken += limiter.bucket(key).take(1).isConsumed() ? 1 : 0;
    }
    return taken;
  }

  @Test
  void aBurstPassesAndThenTheRate() {
    RateLimiter limiter = limiter(10, 20, 100);
    assertThat(taken(limiter, "a", 50)).isEqualTo(20);
    ticker.advance(Duration.ofMillis(99));
    assertThat(taken(limiter, "a", 50)).isZero();
    ticker.advance(Duration.ofMillis(1));
    assertThat(taken(limiter, "a", 50)).isEqualTo(1);
    ticker.advance(Duration.ofHours(1));
    assertThat(taken(limiter, "a", 50)).as("no more than the burst is saved up").isEqualTo(20);
  }

  @Test
  void keysHaveBucketsOfTheirOwn() {
    RateLimiter limiter = limiter(1, 2, 100);
    assertThat(taken(limiter, "a", 5)).isEqualTo(2);
    assertThat(taken(limiter, "b", 5)).isEqualTo(2);
  }

  @Test
  void noWindowLetsMoreThanBurstAndRatePass() {
    Random random = new Random(7);
    RateLimiter limiter = limiter(100, 30, 100);
    long taken = 0;
    long millis = 0;
    for (int i = 0; i < 5_000; i++) {
      int step = random.nextInt(40);
      millis += step;
      ticker.advance(Duration.ofMillis(step));
      taken += taken(limiter, "a", random.nextInt(10));
      assertThat(taken).isLessThanOrEqualTo(30 + millis / 10);
    }
    assertThat(taken).as("nearly all of it, since more was asked").isGreaterThan(millis / 10 - 30);
  }

  @Test
  void aFloodOfKeysIsBoundedAndWashesNobodyAway() {
    RateLimiter limiter = limiter(1, 5, 1_000);
    assertThat(taken(limiter, "regular", 100)).isEqualTo(5);
    for (int i = 0; i < 200_000; i++) {
      taken(limiter, "flood " + i, 1);
      if (i % 100 == 0) {
        assertThat(taken(limiter, "regular", 1)).as("after %s keys", i).isZero();
      }
    }
    assertThat(limiter.stats().keys()).isLessThanOrEqualTo(1_100);
  }

  @Test
  void aKeyThatIsFullAgainIsForgotten() {
    RateLimiter limiter = limiter(1, 5, 1_000);
    taken(limiter, "a", 1);
    ticker.advance(Duration.ofMinutes(1));
    assertThat(taken(limiter, "a", 9)).isEqualTo(5);
    for (int i = 0; i < 500; i++) {
      ticker.advance(Duration.ofMinutes(1));
      taken(limiter, "b" + i, 1);
    }
    assertThat(limiter.stats().keys()).isLessThanOrEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.7,            203.0.113.7",
    "2001:db8:1:2:3:4:5:6,   20010db800010002::/64",
    "2001:db8:1:2::9,        20010db800010002::/64",
    "::1,                    0000000000000000::/64",
    "no address: at all,     no address: at all"
  })
  void whoHasAnIpv6NetworkIsOneClient(String address, String key) {
    assertThat(LimitKeys.network(address)).isEqualTo(key);
  }
}
