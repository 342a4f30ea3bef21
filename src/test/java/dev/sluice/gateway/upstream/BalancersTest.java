package dev.sluice.gateway.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.gateway.config.UpstreamConfig.Balance;
import dev.sluice.gateway.config.UpstreamConfig.Ejection;
import dev.sluice.gateway.config.UpstreamConfig.HashKey;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.testing.FakeTicker;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BalancersTest {
  private static final Balance RING = new Balance.RingHash(new HashKey(HashKey.Kind.PATH, null));

  private final FakeTicker ticker = new FakeTicker();
  private final EjectionQuota quota = new EjectionQuota(0.5);
  private final List<String> changes = new ArrayList<>();

  private Endpoint endpoint(int number, int weight) {
    return new Endpoint(
        "10.0.0." + number + ":80",
        "10.0.0." + number,
        SocketAddress.inetSocketAddress(80, "10.0.0." + number),
        weight,
        10,
        new Ejection(3, Duration.ofSeconds(30), Duration.ofSeconds(300), 0.5),
        Duration.ofSeconds(10),
        quota,
        ticker,
        (changed, state) -> changes.add(state));
  }

  private List<Endpoint> endpoints(int... weights) {
    List<Endpoint> all = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      all.add(endpoint(i, weights[i]));
    }
    quota.endpoints(weights.length);
    return all;
  }

  private Picker picker(Balance balance, List<Endpoint> endpoints) {
    return LoadBalancer.of(balance)
        .picker(new EndpointSet(endpoints), new SplittableRandom(7), ticker);
  }

  private static final class Context implements PickContext {
    private final Set<Endpoint> tried = new HashSet<>();
    private @Nullable String key;

    @Override
    public @Nullable String hashKey() {
      return key;
    }

    @Override
    public @Nullable String sticky() {
      return null;
    }

    @Override
    public boolean tried(Endpoint endpoint) {
      return tried.contains(endpoint);
    }
  }

  static List<Balance> all() {
    return List.of(
        new Balance.PowerOfTwo(),
        new Balance.RoundRobin(),
        new Balance.LeastRequests(),
        new Balance.Random(),
        RING);
  }

  private static void fail(Endpoint endpoint, int times) {
    for (int i = 0; i < times; i++) {
      endpoint.begin();
      endpoint.end(Outcome.FAILURE, 1);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void theLoadFollowsTheWeights(Balance balance) {
    List<Endpoint> endpoints = endpoints(1, 2, 5);
    Picker picker = picker(balance, endpoints);
    Context context = new Context();
    Map<Endpoint, Integer> counts = new HashMap<>();
    int picks = 40_000;
    for (int i = 0; i < picks; i++) {
      context.key = "/key/" + i;
      Endpoint picked = requireNonNull(picker.pick(context));
      counts.merge(picked, 1, Integer::sum);
      if (balance instanceof Balance.PowerOfTwo || balance instanceof Balance.LeastRequests) {
        picked.begin(); // what is picked stays busy
      }
    }
    int[] weights = {1, 2, 5};
    for (int i = 0; i < 3; i++) {
      assertThat(requireNonNull(counts.get(endpoints.get(i))) / (double) picks)
          .isCloseTo(weights[i] / 8.0, within(0.05));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void triedEndpointsComeLast(Balance balance) {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1);
    Picker picker = picker(balance, endpoints);
    Context context = new Context();
    context.key = "/a";
    for (int i = 0; i < 4; i++) {
      Endpoint picked = requireNonNull(picker.pick(context));
      assertThat(context.tried.add(picked)).isTrue();
    }
    assertThat(picker.pick(context)).isNotNull();
  }

  @ParameterizedTest
  @MethodSource("all")
  void unhealthyAndEjectedOnesAreLeftOutAndNothingIsNull(Balance balance) {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1);
    Picker picker = picker(balance, endpoints);
    Context context = new Context();
    endpoints.get(0).healthy(false);
    fail(endpoints.get(1), 3);
    assertThat(endpoints.get(1).ejected()).isTrue();
    for (int i = 0; i < 500; i++) {
      context.key = "/" + i;
      assertThat(picker.pick(context)).isIn(endpoints.get(2), endpoints.get(3));
    }
    endpoints.get(2).healthy(false);
    endpoints.get(3).healthy(false);
    assertThat(picker.pick(context)).isNull();
    assertThat(picker(balance, List.of()).pick(context)).isNull();
  }

  @Test
  void roundRobinIsSmooth() {
    List<Endpoint> endpoints = endpoints(5, 1, 1);
    Picker picker = picker(new Balance.RoundRobin(), endpoints);
    Context context = new Context();
    for (int round = 0; round < 1000; round++) {
      Map<Endpoint, Integer> counts = new HashMap<>();
      for (int i = 0; i < 7; i++) {
        counts.merge(picker.pick(context), 1, Integer::sum);
      }
      assertThat(counts).containsEntry(endpoints.get(0), 5).containsEntry(endpoints.get(1), 1);
    }
  }

  @Test
  void powerOfTwoPrefersTheLessLoaded() {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1);
    for (int i = 0; i < 100; i++) {
      endpoints.get(0).begin();
    }
    Picker picker = picker(new Balance.PowerOfTwo(), endpoints);
    Context context = new Context();
    for (int i = 0; i < 1000; i++) {
      assertThat(picker.pick(context)).isNotSameAs(endpoints.get(0));
    }
  }

  @Test
  void aRingMovesFewKeysWhenOneOfTenLeaves() {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    Picker before = picker(RING, endpoints);
    Picker after = picker(RING, endpoints.subList(0, 9));
    Context context = new Context();
    int moved = 0;
    for (int i = 0; i < 10_000; i++) {
      context.key = "user-" + i;
      Endpoint first = before.pick(context);
      assertThat(before.pick(context)).isSameAs(first);
      Endpoint second = after.pick(context);
      if (first != second) {
        assertThat(first).isSameAs(endpoints.get(9));
        moved++;
      }
    }
    assertThat(moved).isBetween(500, 1500);
  }

  @Test
  void ejectionsLastLongerEachTimeAndEndWithASlowStart() {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1);
    Endpoint bad = endpoints.get(0);
    for (int round = 1; round <= 3; round++) {
      fail(bad, 2);
      bad.begin();
      bad.end(Outcome.SUCCESS, 1);
      fail(bad, 2);
      assertThat(bad.ejected()).isFalse();
      fail(bad, 1);
      assertThat(bad.ejected()).isTrue();
      ticker.advance(Duration.ofSeconds(30L * round).minusNanos(1));
      assertThat(bad.usable(ticker.nanos())).isFalse();
      ticker.advance(Duration.ofNanos(1));
      assertThat(bad.usable(ticker.nanos())).isTrue();
      assertThat(bad.share(ticker.nanos())).isEqualTo(0.1);
      ticker.advance(Duration.ofSeconds(5));
      assertThat(bad.share(ticker.nanos())).isCloseTo(0.5, within(0.01));
      ticker.advance(Duration.ofSeconds(5));
      assertThat(bad.share(ticker.nanos())).isEqualTo(1);
    }
    assertThat(bad.ejections()).isEqualTo(3);
    assertThat(changes)
        .containsExactly("ejected", "returned", "ejected", "returned", "ejected", "returned");
  }

  @Test
  void atMostTheShareAndNeverTheLastIsEjected() {
    List<Endpoint> endpoints = endpoints(1, 1, 1, 1, 1);
    endpoints.forEach(endpoint -> fail(endpoint, 10));
    assertThat(endpoints.stream().filter(Endpoint::ejected)).hasSize(2);
    // A returned one makes room, even when nobody has picked it since.
    ticker.advance(Duration.ofSeconds(31));
    assertThat(endpoints.stream().filter(Endpoint::ejected)).isEmpty();
    fail(endpoints.get(4), 1);
    assertThat(endpoints.get(4).ejected()).isFalse();
    endpoints.forEach(endpoint -> endpoint.usable(ticker.nanos()));
    fail(endpoints.get(4), 1);
    assertThat(endpoints.get(4).ejected()).isTrue();

    Endpoint alone = endpoints(1).getFirst();
    fail(alone, 100);
    assertThat(alone.ejected()).isFalse();
  }
}
