package dev.sluice.gateway.observe;

import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.resilience.Ticker;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how late the event loops are. A thread of its own posts a probe to each loop ten times a
 * second; one that has not run after 50 ms gets the loop's stack into the log, once a second a loop
 * at most.
 */
public final class LoopMonitor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoopMonitor.class);
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int FRAMES = 16;

  /**
   * A fresh process loads its classes with its first requests: short delays are measured then, but
   * not worth a line.
   */
  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long WARM_UP_LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private static final long CLOSE_MILLIS = 2000;

  private final Ticker ticker;
  private final Watched[] loops;
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private volatile boolean closed;
  private volatile long warmUntilNanos;
  private volatile boolean warmingUp;
  private @Nullable Thread thread;

  /** Watches these loops' threads once started. */
  public static LoopMonitor of(List<Loop> loops, Ticker ticker) {
    return new LoopMonitor(
        loops.stream()
            .map(loop -> (Executor) task -> loop.context().runOnContext(nothing -> task.run()))
            .toList(),
        ticker);
  }

  LoopMonitor(List<Executor> loops, Ticker ticker) {
    this.ticker = ticker;
    this.loops = new Watched[loops.size()];
    for (int i = 0; i < this.loops.length; i++) {
      this.loops[i] = new Watched(i, loops.get(i));
    }
  }

  /** Starts the watching thread. */
  public void start() {
    meet();
    warmUntilNanos = ticker.nanos() + WARM_UP_NANOS;
    warmingUp = true;
    thread = Thread.ofPlatform().name("sluice-loop-monitor").daemon().start(this::run);
  }

  /** Learns which threads the loops have, so that also the first stack can be shown. */
  private void meet() {
    CountDownLatch met = new CountDownLatch(loops.length);
    for (Watched loop : loops) {
      loop.executor.execute(() -> {
        loop.thread = Thread.currentThread();
        met.countDown();
      });
    }
    try {
      if (!met.await(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
        LOG.warn("event=loops_silent missing={}", met.getCount());
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      check();
      LockSupport.parkNanos(this, STEP_NANOS);
    }
  }

  /** One round over all loops; answers how many stacks were logged. */
  int check() {
    int warned = 0;
    for (Watched loop : loops) {
      warned += loop.check() ? 1 : 0;
    }
    return warned;
  }

  /**
   * Lateness of the last probe of the loop in seconds; of the one that waits when it is later. Any
   * thread.
   */
  public double lagSeconds(int loop) {
    return loops[loop].lagNanos / 1e9;
  }

  /** The largest lateness since the last call. Any thread. */
  public double takeMaxLagSeconds(int loop) {
    long max = loops[loop].maxLagNanos;
    loops[loop].maxLagNanos = 0; // a probe lost between the two lines is shown by the next
    return max / 1e9;
  }

  /** Share of the last second that the loop's thread was on a CPU, 0 to 1. Any thread. */
  public double busy(int loop) {
    return loops[loop].busy;
  }

  /** Shows each loop's lag and busy share. */
  public void bindTo(Metrics metrics) {
    for (int i = 0; i < loops.length; i++) {
      int loop = i;
      String label = Integer.toString(i);
      metrics.gauge(
          MetricNames.LOOP_LAG,
          "Lateness of the last probe",
          () -> lagSeconds(loop),
          "loop",
          label);
      metrics.gauge(
          MetricNames.LOOP_LAG_MAX,
          "Largest lateness since the last scrape",
          () -> takeMaxLagSeconds(loop),
          "loop",
          label);
      metrics.gauge(
          MetricNames.LOOP_BUSY, "Share of time on a CPU", () -> busy(loop), "loop", label);
    }
  }

  @Override
  public void close() {
    closed = true;
    Thread watching = thread;
    if (watching == null) {
      return;
    }
    LockSupport.unpark(watching);
    try {
      // So that no probe is posted to a loop that is closed.
      watching.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Watched {
    private final int index;
    private final Executor executor;
    private volatile @Nullable Thread thread;
    private volatile long lagNanos;
    private volatile long maxLagNanos;
    private volatile double busy;
    private volatile boolean pending;
    // The watching thread's own.
    private long postedNanos;
    private long warnedNanos;
    private boolean warnedBefore;
    private boolean posted;
    private long busyFromNanos;
    private long cpuNanos = -1;

    Watched(int index, Executor executor) {
      this.index = index;
      this.executor = executor;
    }

    boolean check() {
      long now = ticker.nanos();
      measureBusy(now);
      if (!pending) {
        if (!posted || now - postedNanos >= PROBE_NANOS) {
          posted = true;
          postedNanos = now;
          pending = true;
          executor.execute(() -> arrived(now));
        }
        return false;
      }
      long late = now - postedNanos;
      if (late <= LATE_NANOS) {
        return false;
      }
      lagNanos = late;
      maxLagNanos = Math.max(maxLagNanos, late);
      if (late <= WARM_UP_LATE_NANOS && warmingUp && now - warmUntilNanos < 0) {
        return false;
      }
      if (warnedBefore && now - warnedNanos < BUSY_NANOS) {
        return false;
      }
      warnedBefore = true;
      warnedNanos = now;
      LOG.warn(
          "event=loop_late loop={} late={}ms stack=\"{}\"",
          index,
          TimeUnit.NANOSECONDS.toMillis(late),
          stack());
      return true;
    }

    /** On the loop. */
    private void arrived(long since) {
      if (thread == null) {
        thread = Thread.currentThread();
      }
      long late = Math.max(0, ticker.nanos() - since);
      lagNanos = late;
      maxLagNanos = Math.max(maxLagNanos, late);
      pending = false;
    }

    private String stack() {
      Thread of = thread;
      if (of == null) {
        return "unknown";
      }
      StringBuilder text = new StringBuilder();
      StackTraceElement[] frames = of.getStackTrace();
      for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
        text.append(i == 0 ? "" : " < ").append(frames[i]);
      }
      return text.toString();
    }

    private void measureBusy(long now) {
      Thread of = thread;
      if (of == null || (cpuNanos >= 0 && now - busyFromNanos < BUSY_NANOS)) {
        return;
      }
      long cpu = threads.getThreadCpuTime(of.threadId());
      if (cpuNanos >= 0 && cpu >= 0) {
        busy = Math.min(1.0, (double) (cpu - cpuNanos) / (now - busyFromNanos));
      }
      cpuNanos = cpu;
      busyFromNanos = now;
    }
  }
}
