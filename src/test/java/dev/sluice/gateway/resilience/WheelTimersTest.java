package dev.sluice.gateway.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.resilience.Timers.Timer;
import dev.sluice.gateway.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WheelTimersTest {
  private static final long TICK = 10_000_000L;
  private static final int TIMERS = 60;

  private final FakeTicker ticker = new FakeTicker();
  private int wakes;
  private final WheelTimers wheel = new WheelTimers(ticker, TICK, nanos -> wakes++);

  /**
   * Random arming, moving and cancelling, also inside actions, against due times kept in an array.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void firesEachTimerOnceNeverEarlyAndAtMostOneTickLate(long seed) {
    Random random = new Random(seed);
    long[] due = new long[TIMERS];
    java.util.Arrays.fill(due, -1);
    Timer[] timers = new Timer[TIMERS];
    for (int i = 0; i < TIMERS; i++) {
      int index = i;
      timers[i] =
          wheel.timer(() -> {
            assertThat(due[index]).as("armed").isNotNegative();
            assertThat(ticker.nanos()).as("not early").isGreaterThanOrEqualTo(due[index]);
            due[index] = -1;
            change(random, timers, due);
          });
    }
    for (int step = 0; step < 20_000; step++) {
      change(random, timers, due);
      long jump =
          random.nextInt(200) == 0 ? random.nextLong(TICK * 3000) : random.nextLong(TICK * 2);
      ticker.advance(Duration.ofNanos(jump));
      wheel.advance();
      int armed = 0;
      for (int i = 0; i < TIMERS; i++) {
        assertThat(timers[i].armed()).isEqualTo(due[i] >= 0);
        if (due[i] >= 0) {
          armed++;
          assertThat(due[i] + 2 * TICK).as("not late").isGreaterThan(ticker.nanos());
        }
      }
      assertThat(wheel.armed()).isEqualTo(armed);
    }
  }

  private void change(Random random, Timer[] timers, long[] due) {
    int index = random.nextInt(TIMERS);
    if (random.nextInt(4) == 0) {
      due[index] = -1;
      timers[index].cancel();
    } else {
      long wait =
          random.nextInt(10) == 0 ? random.nextLong(TICK * 5000) : random.nextLong(TICK * 50);
      due[index] = ticker.nanos() + wait;
      timers[index].at(due[index]);
    }
  }

  @Test
  void wakesOnlyWhileSomethingIsArmed() {
    wheel.advance();
    assertThat(wakes).isZero();
    Timer timer = wheel.timer(() -> {});
    timer.at(TICK * 3);
    timer.at(TICK * 4);
    assertThat(wakes).isEqualTo(1);
    timer.cancel();
    wheel.advance();
    assertThat(wakes).isEqualTo(1);
  }

  @Test
  void aThrowingActionDoesNotStopTheOthers() {
    List<String> fired = new ArrayList<>();
    wheel.timer(() -> fired.add("a")).at(1);
    wheel
        .timer(() -> {
          throw new IllegalStateException("boom");
        })
        .at(1);
    wheel.timer(() -> fired.add("b")).at(1);
    ticker.advance(Duration.ofNanos(TICK * 3));
    assertThatThrownBy(wheel::advance).hasMessage("boom");
    assertThat(fired).containsExactly("a", "b");
    assertThat(wheel.armed()).isZero();
  }
}
