package dev.sluice.gateway.offload;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.offload.OffloadSettings.Threads;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of one kind: so many run at once, so many wait, the next is refused. Any thread; a lock
 * for a few instructions, since each task costs far more.
 */
final class WorkerPool {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
  private static final int SHOWN_FRAMES = 8;

  private final Kind kind;
  private final OffloadSettings.Pool settings;
  private final Ticker ticker;
  private final OffloadMeter meter;
  private final Worker beside;
  private final Executor outside;
  private final ArrayDeque<TaskRun<?>> waiting = new ArrayDeque<>();
  private final ArrayDeque<Worker> idle = new ArrayDeque<>();
  private final Set<TaskRun<?>> running = Collections.newSetFromMap(new IdentityHashMap<>());
  private final LongAdder rejected = new LongAdder();
  private int places;
  private int owed;
  private boolean closed;

  /** A place whose owner waits: its tasks run on threads of their own. */
  private record Lent(Threads threads) implements Worker {
    @Override
    public void take(TaskRun<?> run) {
      if (threads == Threads.VIRTUAL) {
        Thread.ofVirtual().name("sluice-lent").start(run::run);
        return;
      }
      Thread.ofPlatform()
          .daemon()
          .name("sluice-lent")
          .start(() -> {
            if (threads == Threads.BACKGROUND) {
              Background.enter();
            }
            run.run();
          });
    }
  }

  /**
   * @param beside runs a task that needs no place, since who waits for it has one
   * @param outside does what may wake or begin threads, never on one that steps back
   */
  WorkerPool(
      Kind kind,
      OffloadSettings.Pool settings,
      Ticker ticker,
      OffloadMeter meter,
      Worker beside,
      Executor outside) {
    this.kind = kind;
    this.settings = settings;
    this.outside = outside;
    this.ticker = ticker;
    this.meter = meter;
    this.beside = beside;
  }

  Ticker ticker() {
    return ticker;
  }

  Executor outside() {
    return outside;
  }

  /** Takes a task, or ends it with {@code JOB_REJECTED} at once. */
  void submit(TaskRun<?> run) {
    Worker worker;
    boolean full;
    synchronized (this) {
      worker = closed ? null : idle.poll();
      full = closed || (worker == null && waiting.size() >= settings.queue());
      if (worker != null) {
        run.place(worker);
        running.add(run);
      } else if (!full) {
        waiting.add(run);
      }
    }
    if (worker != null) {
      worker.take(run);
    } else if (full && run.held(kind) && !closed() && !Context.isOnEventLoopThread()) {
      runBeside(run); // its waiter has a place here, and nobody else would make one
    } else if (full) {
      rejected.increment();
      run.end(
          null,
          new Failed(
              Failure.JOB_REJECTED,
              closed() ? "the gateway is leaving" : "too much " + kind.word() + " work waits"));
    }
  }

  /** Another place. */
  void add(Worker worker) {
    synchronized (this) {
      places++;
    }
    free(worker);
  }

  /** A task waits for others: until {@link #reclaim} somebody else may run in its place. */
  void lend() {
    free(new Lent(settings.threads()));
  }

  /** It goes on; who took its place meanwhile ends in peace, and is not followed by another. */
  synchronized void reclaim() {
    for (Worker worker : idle) {
      if (worker instanceof Lent) {
        idle.removeFirstOccurrence(worker);
        return;
      }
    }
    owed++;
  }

  private void free(Worker worker) {
    TaskRun<?> next;
    synchronized (this) {
      if (owed > 0 && worker instanceof Lent) {
        owed--;
        return;
      }
      next = waiting.poll();
      if (next == null) {
        idle.push(worker);
        return;
      }
      next.place(worker);
      running.add(next);
    }
    worker.take(next);
  }

  /** Takes a waiting task out of the queue; false when it does not wait any more. */
  synchronized boolean withdraw(TaskRun<?> run) {
    return waiting.remove(run);
  }

  /** Runs a task without a place. */
  void runBeside(TaskRun<?> run) {
    synchronized (this) {
      running.add(run);
    }
    beside.take(run);
  }

  /** A task is over; its place is free. */
  void ended(TaskRun<?> run, long startedNanos) {
    boolean ran;
    synchronized (this) {
      ran = running.remove(run);
    }
    if (ran) {
      long now = ticker.nanos();
      long started = startedNanos == 0 ? now : startedNanos;
      meter.ran(kind, run.task().name(), started - run.submittedNanos(), now - started);
    }
    if (run.reported()) {
      LOG.warn("event=task_ended_late kind={} task={}", kind.word(), run.task().name());
    }
    Worker worker = run.place();
    if (worker != null) {
      free(worker);
    }
  }

  void stuck(TaskRun<?> run, @Nullable Thread deaf) {
    List<String> frames = new ArrayList<>();
    if (deaf != null) {
      for (StackTraceElement frame : deaf.getStackTrace()) {
        if (frames.size() < SHOWN_FRAMES) {
          frames.add(frame.toString());
        }
      }
    }
    LOG.warn(
        "event=task_ignores_its_end kind={} task={} stack=\"{}\"",
        kind.word(),
        run.task().name(),
        String.join(" < ", frames));
  }

  void sweep(long graceNanos) {
    List<TaskRun<?>> all = new ArrayList<>();
    synchronized (this) {
      all.addAll(running);
      all.addAll(waiting);
    }
    long now = ticker.nanos();
    for (TaskRun<?> run : all) {
      run.look(now, graceNanos);
    }
  }

  /** Takes nothing any more and gives up what is there. */
  void close() {
    List<TaskRun<?>> all = new ArrayList<>();
    synchronized (this) {
      closed = true;
      all.addAll(waiting);
      all.addAll(running);
    }
    for (TaskRun<?> run : all) {
      run.cancel(Failure.DRAINING, "the gateway is leaving");
    }
  }

  private synchronized boolean closed() {
    return closed;
  }

  synchronized int waiting() {
    return waiting.size();
  }

  synchronized int active() {
    return running.size();
  }

  /** Places that nobody uses and nobody waits for. */
  synchronized int free() {
    return waiting.isEmpty() ? idle.size() : 0;
  }

  synchronized int places() {
    return places;
  }

  long rejected() {
    return rejected.sum();
  }

  synchronized int stuck() {
    int stuck = 0;
    for (TaskRun<?> run : running) {
      if (run.reported()) {
        stuck++;
      }
    }
    return stuck;
  }
}
