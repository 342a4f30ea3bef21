package dev.sluice.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class LoopMonitorTest {
  private static final long MILLI = 1_000_000;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private long now = 1;
  private final LoopMonitor monitor = new LoopMonitor(List.of(tasks::add), () -> now);

  @Test
  void heldLoopIsReportedOnceASecond() {
    assertThat(monitor.check()).isZero();
    now += 60 * MILLI;
    assertThat(monitor.check()).isEqualTo(1);
    now += 60 * MILLI;
    assertThat(monitor.check()).isZero();
    now += 1000 * MILLI;
    assertThat(monitor.check()).isEqualTo(1);
    assertThat(monitor.lagSeconds(0)).isEqualTo(1.12);
  }

  @Test
  void promptLoopIsProbedTenTimesASecondAndNotReported() {
    int probes = 0;
    for (int i = 0; i < 20; i++) {
      assertThat(monitor.check()).isZero();
      for (Runnable task; (task = tasks.poll()) != null; probes++) {
        task.run();
      }
      now += 50 * MILLI;
    }
    assertThat(probes).isEqualTo(10);
    assertThat(monitor.takeMaxLagSeconds(0)).isZero();
  }
}
