package dev.sluice.gateway.filter.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.LimitConfig;
import dev.sluice.gateway.config.Rate;
import dev.sluice.gateway.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** One limit on three nodes, their clock and their network moved by hand. */
class SharedLimitTest {
  private static final int NODES = 3;
  private static final int[] SKEWED = {80, 15, 5};
  private static final int STEP_MILLIS = 10;
  private static final int TELL_MILLIS = 50;
  private static final int LATENCY_STEPS = 3;

  private final FakeTicker ticker = new FakeTicker();
  private final Random random = new Random(11);
  private final List<Node> nodes = new ArrayList<>();
  private boolean silent;
  private double loss;

  private record Message(int from, byte[] octets, int step) {}

  private final class Node implements Peers {
    final int index;
    final Limits limits = new Limits(ticker, this);
    final RateLimiter limiter;
    final Queue<Message> inbox = new ArrayDeque<>();
    long admitted;

    Node(int index, LimitConfig.OnPartition onPartition) {
      this.index = index;
      this.limiter =
          limits.rate(
              "policy/x",
              new FilterConfig.RateLimit(
                  new Rate(1_000, Duration.ofSeconds(1)),
                  1_000,
                  new LimitConfig.Key(LimitConfig.KeyKind.ROUTE, null),
                  LimitConfig.Scope.CLUSTER,
                  onPartition,
                  1,
                  new LimitConfig.OnLimit(Duration.ZERO),
                  false,
                  100));
    }

    @Override
    public void send(byte[] message) {
      for (Node other : nodes) {
        if (other != this && random.nextDouble() >= loss) {
          other.inbox.add(new Message(index, message, now));
        }
      }
    }

    @Override
    public int nodes() {
      return NODES;
    }

    @Override
    public boolean silent() {
      return silent;
    }

    void ask(int times) {
      for (int i = 0; i < times; i++) {
        if (!limiter.blind()) {
          admitted += limiter.bucket("k").take(1).isConsumed() ? 1 : 0;
        }
      }
    }
  }

  private int now;

  /** So many seconds of a load of so many a second, spread as the shares say. */
  private void run(int seconds, int load, int[] shares) {
    int perSecond = 1_000 / STEP_MILLIS;
    for (int i = 0; i < seconds * perSecond; i++) {
      now++;
      ticker.advance(Duration.ofMillis(STEP_MILLIS));
      for (Node node : nodes) {
        double wanted = load / (double) perSecond * shares[node.index] / 100;
        int whole = (int) wanted;
        node.ask(whole + (random.nextDouble() < wanted - whole ? 1 : 0));
        while (!node.inbox.isEmpty() && node.inbox.peek().step() <= now - LATENCY_STEPS) {
          node.limits.hear(node.inbox.remove().octets());
        }
        if (now % (TELL_MILLIS / STEP_MILLIS) == node.index % 5) {
          node.limits.tell();
        }
      }
    }
  }

  private long admitted() {
    return nodes.stream().mapToLong(node -> node.admitted).sum();
  }

  private void start(LimitConfig.OnPartition onPartition) {
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node(i, onPartition));
    }
    run(5, 3_000, SKEWED); // the burst is used up
    nodes.forEach(node -> node.admitted = 0);
  }

  @Test
  void skewedLoadOfThreeTimesTheLimitLetsTheLimitPass() {
    start(LimitConfig.OnPartition.LOCAL);
    run(60, 3_000, SKEWED);
    assertThat(admitted()).isCloseTo(60_000, Percentage.withPercentage(2));
  }

  @Test
  void loadJustBelowTheLimitPassesWhole() {
    start(LimitConfig.OnPartition.LOCAL);
    run(60, 980, SKEWED);
    assertThat(admitted()).isCloseTo(58_800, Percentage.withPercentage(2));
  }

  @Test
  void oneNodeAloneMayUseAllOfIt() {
    start(LimitConfig.OnPartition.LOCAL);
    run(60, 3_000, new int[] {100, 0, 0});
    assertThat(admitted()).isCloseTo(60_000, Percentage.withPercentage(2));
  }

  @Test
  void aMessageThatIsLostLetsNoMorePassThanItTold() {
    start(LimitConfig.OnPartition.LOCAL);
    loss = 0.01;
    run(60, 3_000, SKEWED);
    assertThat(admitted()).isBetween(58_800L, 62_400L);
  }

  @Test
  void whileSomebodyIsSilentEachNodeLetsItsSharePass() {
    start(LimitConfig.OnPartition.LOCAL);
    silent = true;
    loss = 1;
    run(60, 6_000, new int[] {34, 33, 33});
    nodes.forEach(
        node -> assertThat(node.admitted).isCloseTo(20_000, Percentage.withPercentage(3)));
  }

  @Test
  void orNothingPassesWhereToldSo() {
    start(LimitConfig.OnPartition.REFUSE);
    silent = true;
    run(5, 3_000, SKEWED);
    assertThat(admitted()).isZero();
  }

  @Test
  void afterTheSilenceTheLimitHoldsAgain() {
    start(LimitConfig.OnPartition.LOCAL);
    silent = true;
    loss = 1;
    run(8, 3_000, SKEWED);
    silent = false;
    loss = 0;
    run(2, 3_000, SKEWED);
    nodes.forEach(node -> node.admitted = 0);
    run(60, 3_000, SKEWED);
    assertThat(admitted()).isCloseTo(60_000, Percentage.withPercentage(2));
  }

  @Test
  void aFloodOfKeysIsToldInTurnAndNothingIsForgotten() {
    List<String> told = new ArrayList<>();
    Shared shared = new Shared();
    List<FloodKey> keys = IntStream.range(0, Shared.MOST_WAITING).mapToObj(FloodKey::new).toList();
    keys.forEach(key -> assertThat(shared.tell(key)).isTrue());
    assertThat(shared.tell(new FloodKey(-1))).as("more have to come again").isFalse();
    for (byte[] message = shared.message(); message != null; message = shared.message()) {
      Shared.hear(message, limit -> (key, tokens) -> told.add(limit + " " + key + " " + tokens));
    }
    assertThat(told).hasSize(keys.size()).startsWith("flood 0 7", "flood 1 7");
    assertThat(shared.tell(new FloodKey(-1))).isTrue();
  }

  private record FloodKey(int number) implements Shared.Taken {
    @Override
    public String limit() {
      return "flood";
    }

    @Override
    public String key() {
      return Integer.toString(number);
    }

    @Override
    public long sum() {
      return 7;
    }
  }
}
