package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.WheelTimers;
import dev.sluice.gateway.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

/** How many connections are used at a time, turn by turn. */
class PaceTest {
  private static final int MANY = 1000;

  private final FakeTicker ticker = new FakeTicker();
  private final WheelTimers timers = new WheelTimers(ticker, 10_000_000L, nanos -> {});
  private final ArrayDeque<Runnable> nextTurn = new ArrayDeque<>();
  private int looks;
  private int sent;
  private Waiter first = waiter(Duration.ofSeconds(1));
  private final Pace pace = new Pace(ticker, nextTurn::add, this::look);

  /** Sends as many as are allowed, of an endless line. */
  private void look() {
    looks++;
    while (sent < MANY && pace.allows(Pace.FREE + sent, first)) {
      pace.used();
      sent++;
    }
  }

  private Waiter waiter(Duration patience) {
    LeaseRequest nobody =
        new LeaseRequest() {
          @Override
          public void granted(Lease lease) {}

          @Override
          public void refused(Failure failure, String detail) {}
        };
    return new Waiter(
        timers,
        nobody,
        false,
        ticker.nanos(),
        Long.MAX_VALUE,
        patience.toNanos(),
        pace == null ? 0 : pace.quietTurns(),
        waiter -> {});
  }

  private void turn(boolean answers) {
    if (answers) {
      pace.answered();
    }
    nextTurn.remove().run();
  }

  @Test
  void aFewAreUsedWithoutALook() {
    assertThat(pace.allows(0, first)).isTrue();
    assertThat(pace.allows(Pace.FREE - 1, first)).isTrue();
    assertThat(nextTurn).isEmpty();
  }

  @Test
  void whileAnswersComeNobodyGoesBeyondThem() {
    look();
    for (int i = 0; i < 20; i++) {
      turn(true);
    }
    assertThat(sent).isZero();
    assertThat(looks).isEqualTo(21);
    assertThat(nextTurn).as("one look a turn").hasSize(1);
  }

  @Test
  void eachTurnWithoutAnAnswerLetsSomeMoreGo() {
    look();
    turn(false);
    assertThat(sent).isEqualTo(16);
    turn(true);
    assertThat(sent).as("what was not used in a quiet turn is not kept").isEqualTo(16);
    turn(false);
    assertThat(sent).isEqualTo(32);
  }

  @Test
  void nobodyIsHeldBackForMoreThanATenthOfASecondNorForMoreThanHalfOfHisPatience() {
    look();
    ticker.advance(Duration.ofMillis(99));
    turn(true);
    assertThat(sent).isZero();
    ticker.advance(Duration.ofMillis(1));
    turn(true);
    assertThat(sent).isEqualTo(MANY);

    Waiter hurried = waiter(Duration.ofMillis(30));
    assertThat(pace.allows(MANY, hurried)).isFalse();
    ticker.advance(Duration.ofMillis(15));
    assertThat(pace.allows(MANY, hurried)).isTrue();
  }

  @Test
  void tooManyAreInUseWhenTheFirstHasWaitedLongThoughEachTurnBroughtAnswers() {
    look();
    turn(true);
    assertThat(pace.tooWide(Pace.FREE + 1, first)).isFalse();
    ticker.advance(Duration.ofMillis(5));
    turn(true);
    assertThat(pace.tooWide(Pace.FREE + 1, first)).isTrue();
    assertThat(pace.tooWide(Pace.FREE, first)).isFalse();
    turn(false);
    assertThat(pace.tooWide(Pace.FREE + 1, first)).as("the loop has time").isFalse();
    first = waiter(Duration.ofSeconds(1));
    ticker.advance(Duration.ofMillis(5));
    assertThat(pace.tooWide(Pace.FREE + 1, first)).isTrue();
    ticker.advance(Duration.ofMillis(95));
    assertThat(pace.tooWide(Pace.FREE + 1, first)).as("it has waited enough").isFalse();
  }
}
