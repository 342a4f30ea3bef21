package dev.sluice.gateway.resilience;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.resilience.Breaker.State;
import dev.sluice.gateway.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BreakerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final FakeTicker ticker = new FakeTicker();
  private final List<String> changes = new ArrayList<>();

  private Breaker breaker(BreakerPolicy policy) {
    return new Breaker(
        policy, ticker, (breaker, change) -> changes.add(change.from() + ">" + change.to()));
  }

  private static BreakerPolicy rate() {
    return new BreakerPolicy(
        0.5,
        20,
        SECOND.multipliedBy(10),
        0,
        SECOND.multipliedBy(10),
        SECOND.multipliedBy(60),
        3,
        null);
  }

  private static BreakerPolicy inARow(int failures) {
    return new BreakerPolicy(
        0.5,
        20,
        SECOND.multipliedBy(10),
        failures,
        SECOND.multipliedBy(10),
        SECOND.multipliedBy(60),
        1,
        null);
  }

  private static void run(Breaker breaker, Outcome outcome, int times) {
    for (int i = 0; i < times; i++) {
      Permit permit = requireNonNull(breaker.tryEnter());
      permit.close(outcome);
    }
  }

  @Test
  void opensAtTheRateOnlyWithEnoughCalls() {
    Breaker breaker = breaker(rate());
    run(breaker, Outcome.FAILURE, 19);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    run(breaker, Outcome.FAILURE, 1);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.tryEnter()).isNull();
    assertThat(breaker.retryAfterNanos()).isEqualTo(SECOND.toNanos() * 10);
  }

  @Test
  void underSuspicionAQuarterIsEnoughForAWindowsTime() {
    Breaker breaker = breaker(rate());
    breaker.suspect();
    run(breaker, Outcome.FAILURE, 4);
    assertThat(breaker.state())
        .as("nothing opens without calls of its own")
        .isEqualTo(State.CLOSED);
    run(breaker, Outcome.FAILURE, 1);
    assertThat(breaker.state()).isEqualTo(State.OPEN);

    Breaker later = breaker(inARow(8));
    later.suspect();
    ticker.advance(SECOND.multipliedBy(10));
    run(later, Outcome.FAILURE, 7);
    assertThat(later.state()).as("it is forgotten").isEqualTo(State.CLOSED);
  }

  @Test
  void oldOutcomesLeaveTheWindow() {
    Breaker breaker = breaker(rate());
    run(breaker, Outcome.FAILURE, 19);
    ticker.advance(SECOND.multipliedBy(11));
    run(breaker, Outcome.FAILURE, 19);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void ignoredOutcomesTeachNothing() {
    Breaker breaker = breaker(inARow(3));
    run(breaker, Outcome.FAILURE, 2);
    run(breaker, Outcome.IGNORED, 50);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    run(breaker, Outcome.FAILURE, 1);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void slowSuccessesOpenIt() {
    Breaker breaker =
        breaker(
            new BreakerPolicy(
                0.5,
                4,
                SECOND.multipliedBy(10),
                0,
                SECOND,
                SECOND,
                1,
                new BreakerPolicy.SlowCall(Duration.ofSeconds(2), 0.5)));
    for (int i = 0; i < 4; i++) {
      Permit permit = requireNonNull(breaker.tryEnter());
      permit.close(Outcome.SUCCESS, i < 2 ? 0 : SECOND.toNanos() * 3);
    }
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void staysOpenTwiceAsLongAfterEachFailedProbeUpToTheMost() {
    Breaker breaker = breaker(inARow(1));
    run(breaker, Outcome.FAILURE, 1);
    for (long seconds : new long[] {10, 20, 40, 60, 60}) {
      ticker.advance(Duration.ofSeconds(seconds).minusNanos(1));
      assertThat(breaker.tryEnter()).isNull();
      ticker.advance(Duration.ofNanos(1));
      run(breaker, Outcome.FAILURE, 1);
      assertThat(breaker.state()).isEqualTo(State.OPEN);
    }
    ticker.advance(Duration.ofSeconds(60));
    run(breaker, Outcome.SUCCESS, 1);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    run(breaker, Outcome.FAILURE, 1);
    assertThat(breaker.retryAfterNanos()).isEqualTo(SECOND.toNanos() * 10);
  }

  @Test
  void halfOpenLetsSoManyThroughAndAnIgnoredProbeGivesItsPlaceBack() {
    Breaker breaker = breaker(rate());
    run(breaker, Outcome.FAILURE, 20);
    ticker.advance(SECOND.multipliedBy(10));
    List<Permit> probes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Permit probe = requireNonNull(breaker.tryEnter());
      probes.add(probe);
    }
    assertThat(breaker.tryEnter()).isNull();
    probes.removeFirst().close(Outcome.IGNORED);
    Permit third = requireNonNull(breaker.tryEnter());
    third.close(Outcome.SUCCESS);
    probes.forEach(probe -> probe.close(Outcome.SUCCESS));
    assertThat(changes).containsExactly("CLOSED>OPEN", "OPEN>HALF_OPEN", "HALF_OPEN>CLOSED");
  }

  @Test
  void whatBeganUnderAFormerStateDoesNotCount() {
    Breaker breaker = breaker(inARow(1));
    Permit early = requireNonNull(breaker.tryEnter());
    run(breaker, Outcome.FAILURE, 1);
    ticker.advance(SECOND.multipliedBy(10));
    run(breaker, Outcome.SUCCESS, 1);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    early.close(Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  /** The consecutive mode against a model that is written down as plainly as can be. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void behavesLikeASimpleModel(long seed) {
    Random random = new Random(seed);
    Breaker breaker = breaker(inARow(4));
    State state = State.CLOSED;
    int row = 0;
    long openFor = 10;
    long until = 0;
    for (int step = 0; step < 20_000; step++) {
      ticker.advance(Duration.ofMillis(random.nextInt(1500)));
      boolean lets = state == State.CLOSED || ticker.nanos() >= until;
      Permit permit = breaker.tryEnter();
      assertThat(permit != null).as("step %s", step).isEqualTo(lets);
      if (permit == null) {
        continue;
      }
      boolean probe = state != State.CLOSED;
      Outcome outcome = Outcome.values()[random.nextInt(probe || random.nextInt(4) == 0 ? 3 : 2)];
      permit.close(outcome);
      if (probe) {
        if (outcome == Outcome.SUCCESS) {
          state = State.CLOSED;
          row = 0;
        } else if (outcome == Outcome.FAILURE) {
          openFor = Math.min(60, openFor * 2);
          until = ticker.nanos() + openFor * SECOND.toNanos();
        }
      } else if (outcome == Outcome.SUCCESS) {
        row = 0;
      } else if (outcome == Outcome.FAILURE && ++row == 4) {
        state = State.OPEN;
        openFor = 10;
        until = ticker.nanos() + openFor * SECOND.toNanos();
      }
    }
  }

  @Test
  void manyThreadsNeverHoldMoreProbesThanAllowed() throws Exception {
    Breaker breaker = breaker(rate());
    run(breaker, Outcome.FAILURE, 20);
    ticker.advance(SECOND.multipliedBy(10));
    AtomicInteger held = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(4);
    for (int t = 0; t < 4; t++) {
      Thread.ofPlatform()
          .start(() -> {
            for (int i = 0; i < 20_000; i++) {
              Permit permit = breaker.tryEnter();
              if (permit != null) {
                most.accumulateAndGet(held.incrementAndGet(), Math::max);
                held.decrementAndGet();
                permit.close(Outcome.IGNORED);
              }
            }
            done.countDown();
          });
    }
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(most.get()).isBetween(1, 3);
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    assertThat(new ArrayDeque<>(changes)).containsExactly("CLOSED>OPEN", "OPEN>HALF_OPEN");
  }

  @Test
  void theCallThatFillsTheMinimumOpensItEvenWhenItIsAGoodOne() {
    Breaker breaker = breaker(rate());
    run(breaker, Outcome.FAILURE, 19);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    run(breaker, Outcome.SUCCESS, 1);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void aProbeThatIsClosedTwiceCountsOnce() {
    Breaker breaker = breaker(rate());
    run(breaker, Outcome.FAILURE, 20);
    ticker.advance(SECOND.multipliedBy(11));
    Permit probe = requireNonNull(breaker.tryEnter());
    for (int i = 0; i < 3; i++) {
      probe.close(Outcome.SUCCESS);
    }
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    Permit ignored = requireNonNull(breaker.tryEnter());
    ignored.close(Outcome.IGNORED);
    ignored.close(Outcome.IGNORED);
    requireNonNull(breaker.tryEnter());
    requireNonNull(breaker.tryEnter());
    assertThat(breaker.tryEnter()).isNull();
  }

  /** One call as the naive model remembers it. */
  private record Call(long slot, boolean failed, boolean slow) {}

  /** Rates of failed and of slow calls, beside a list of all calls. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void itOpensExactlyWhenANaiveModelSaysSo(long seed) {
    Random random = new Random(seed);
    Duration bound = Duration.ofMillis(100);
    for (int run = 0; run < 200; run++) {
      int minimum = 1 + random.nextInt(20);
      double rate = 0.2 + random.nextDouble() * 0.7;
      double slowRate = 0.2 + random.nextDouble() * 0.7;
      BreakerPolicy policy =
          new BreakerPolicy(
              rate,
              minimum,
              SECOND.multipliedBy(10),
              0,
              SECOND,
              SECOND,
              1,
              new BreakerPolicy.SlowCall(bound, slowRate));
      Breaker breaker = breaker(policy);
      double failing = random.nextDouble();
      double slowing = random.nextDouble();
      List<Call> calls = new ArrayList<>();
      boolean open = false;
      for (int i = 0; i < 100 && !open; i++) {
        ticker.advance(Duration.ofMillis(random.nextInt(600)));
        long slot = Math.floorDiv(ticker.nanos(), SECOND.toNanos());
        Call call = new Call(slot, random.nextDouble() < failing, random.nextDouble() < slowing);
        calls.add(call);
        requireNonNull(breaker.tryEnter())
            .close(
                call.failed ? Outcome.FAILURE : Outcome.SUCCESS,
                bound.toNanos() + (call.slow ? 1 : 0));
        List<Call> window = calls.stream().filter(each -> each.slot > slot - 10).toList();
        long failed = window.stream().filter(Call::failed).count();
        long slow = window.stream().filter(Call::slow).count();
        open =
            window.size() >= minimum
                && ((failed > 0 && failed >= rate * window.size())
                    || (slow > 0 && slow >= slowRate * window.size()));
        assertThat(breaker.state())
            .as("seed %s run %s call %s", seed, run, i)
            .isEqualTo(open ? State.OPEN : State.CLOSED);
      }
    }
  }
}
