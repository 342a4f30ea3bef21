package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FrameBudgetTest {
  /** Sends until the budget is used up; how many went before. */
  private static int free(FrameBudget budget) {
    int sent = 0;
    while (!budget.wasted()) {
      sent++;
    }
    return sent;
  }

  @Test
  void someFramesAreFreeInEachWindow() {
    FrameBudget budget = new FrameBudget(0);
    assertThat(free(budget)).isEqualTo(FrameBudget.FREE);
    assertThat(budget.spent(FrameBudget.WINDOW_NANOS)).isFalse();
    assertThat(free(budget)).isEqualTo(FrameBudget.FREE);
    assertThat(budget.spent(2 * FrameBudget.WINDOW_NANOS - 1)).isTrue();
  }

  @Test
  void framesThatCarrySomethingPayForMore() {
    FrameBudget budget = new FrameBudget(0);
    for (int i = 0; i < 100; i++) {
      budget.used();
    }
    assertThat(free(budget)).isEqualTo(FrameBudget.FREE + 100 * FrameBudget.PER_USE);
    assertThat(budget.spent(1)).isTrue();
  }

  @Test
  void aSteadyShareIsNeverTooMuch() {
    FrameBudget budget = new FrameBudget(0);
    for (int i = 0; i < 1_000_000; i++) {
      budget.used();
      for (int j = 0; j < FrameBudget.PER_USE; j++) {
        assertThat(budget.wasted()).isFalse();
      }
    }
  }

  @Test
  void nobodySavesUpForAFlood() {
    FrameBudget budget = new FrameBudget(0);
    for (int i = 0; i < 1_000_000; i++) {
      budget.used();
    }
    assertThat(free(budget)).isLessThanOrEqualTo(FrameBudget.FREE + 10_000 * FrameBudget.PER_USE);
  }
}
