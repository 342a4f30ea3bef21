package dev.sluice.gateway.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OutcomeWindowTest {
  private static final long SECOND = 1_000_000_000L;

  /** A clock that goes on by {@code step} with each look at it. */
  private static final class Stepping implements Ticker {
    private final AtomicLong nanos = new AtomicLong();
    private volatile long step;

    @Override
    public long nanos() {
      return nanos.getAndAdd(step);
    }
  }

  private final Stepping ticker = new Stepping();
  private final OutcomeWindow window = new OutcomeWindow(10 * SECOND, ticker, false);

  @Test
  void theThreeCountsAreOfTheSameMoment() {
    for (int i = 0; i < 7; i++) {
      window.count(true, true);
    }
    ticker.nanos.set(10 * SECOND - 1); // the last moment in which they count
    ticker.step = 1;
    assertThat(window.sums()).isEqualTo(new OutcomeWindow.Sums(7, 7, 7));
    assertThat(window.sums()).isEqualTo(new OutcomeWindow.Sums(0, 0, 0));
  }

  @Test
  void aFailureIsKnownAsLongAsItsSlotCountsAlsoWhenTheSlotChangesMeanwhile() {
    ticker.nanos.set(SECOND - 1);
    ticker.step = 1;
    window.count(true, false);
    ticker.step = 0;
    for (long time = SECOND; time < 13 * SECOND; time += SECOND) {
      ticker.nanos.set(time);
      assertThat(window.troubled()).as("at %s", time).isEqualTo(window.sums().failed() > 0);
    }
  }

  @Test
  void whileOthersCountTheCountsStillFitTogether() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    CountDownLatch done = new CountDownLatch(3);
    for (int t = 0; t < 3; t++) {
      Thread.ofPlatform()
          .start(() -> {
            for (int i = 0; i < 100_000 && !over.get(); i++) {
              window.count(true, true);
            }
            done.countDown();
          });
    }
    try {
      while (done.getCount() > 0) {
        OutcomeWindow.Sums sums = window.sums();
        assertThat(sums)
            .isEqualTo(new OutcomeWindow.Sums(sums.calls(), sums.calls(), sums.calls()));
      }
    } finally {
      over.set(true);
    }
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(window.sums().calls()).isEqualTo(300_000);
  }
}
