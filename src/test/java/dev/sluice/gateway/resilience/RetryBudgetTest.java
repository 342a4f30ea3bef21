package dev.sluice.gateway.resilience;

import static org.assertj.core.api.Assertions.assertThat;

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

class RetryBudgetTest {
  private final FakeTicker ticker = new FakeTicker();

  private static int take(RetryBudget budget) {
    int taken = 0;
    while (taken < 100_000 && budget.tryWithdraw()) {
      taken++;
    }
    return taken;
  }

  @Test
  void withoutTrafficAFewRetriesASecondAreAllowed() {
    RetryBudget budget = new RetryBudget(0.2, 3, ticker);
    assertThat(take(budget)).isEqualTo(30);
    ticker.advance(Duration.ofSeconds(9));
    assertThat(take(budget)).isZero();
    ticker.advance(Duration.ofSeconds(1));
    assertThat(take(budget)).isEqualTo(30);
    assertThat(budget.withdrawn()).isEqualTo(60);
  }

  @Test
  void requestsOfTheLastTenSecondsPayForTheirShare() {
    RetryBudget budget = new RetryBudget(0.2, 0, ticker);
    assertThat(budget.tryWithdraw()).isFalse();
    for (int i = 0; i < 1000; i++) {
      budget.deposit();
    }
    assertThat(budget.balance()).isEqualTo(200);
    assertThat(take(budget)).isEqualTo(200);
    for (int i = 0; i < 4; i++) {
      budget.deposit();
    }
    assertThat(budget.tryWithdraw()).as("four fifths of a retry").isFalse();
    budget.deposit();
    assertThat(budget.tryWithdraw()).isTrue();
  }

  @Test
  void whatIsNotUsedIsGoneAfterTenSeconds() {
    RetryBudget budget = new RetryBudget(1, 0, ticker);
    budget.deposit();
    ticker.advance(Duration.ofSeconds(9));
    assertThat(budget.balance()).isEqualTo(1);
    ticker.advance(Duration.ofSeconds(1));
    assertThat(budget.balance()).isZero();
    assertThat(budget.tryWithdraw()).isFalse();
  }

  /** In any ten seconds: never more retries than the share of requests and the reserve. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void underARandomLoadTheShareIsNeverExceeded(long seed) {
    Random random = new Random(seed);
    double share = 0.1 + random.nextDouble() / 2;
    RetryBudget budget = new RetryBudget(share, 2, ticker);
    ArrayDeque<long[]> events = new ArrayDeque<>(); // time, deposits, retries
    for (int i = 0; i < 5000; i++) {
      ticker.advance(Duration.ofMillis(random.nextInt(40)));
      long now = ticker.nanos();
      budget.deposit();
      boolean retried = random.nextBoolean() && budget.tryWithdraw();
      events.add(new long[] {now, 1, retried ? 1 : 0});
      // Slots end at full seconds, so that up to a second more counts as the same ten.
      while (events.getFirst()[0] < now - Duration.ofSeconds(9).toNanos()) {
        events.removeFirst();
      }
      long requests = events.stream().mapToLong(event -> event[1]).sum();
      long retries = events.stream().mapToLong(event -> event[2]).sum();
      double most = share * (requests + 200) + 20 + 1;
      assertThat((double) retries).isLessThanOrEqualTo(most);
    }
  }

  @Test
  void threadsTogetherNeverTakeMoreThanThereIs() throws Exception {
    RetryBudget budget = new RetryBudget(1, 0, ticker);
    for (int i = 0; i < 10_000; i++) {
      budget.deposit();
    }
    AtomicInteger taken = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    CountDownLatch go = new CountDownLatch(1);
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  if (go.await(10, TimeUnit.SECONDS)) {
                    taken.addAndGet(take(budget));
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    go.countDown();
    for (Thread thread : threads) {
      assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
    }
    assertThat(taken.get()).isEqualTo(10_000);
  }
}
