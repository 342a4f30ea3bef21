package dev.sluice.gateway.offload;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task on its way: it waits, runs, and ends once. Any thread.
 *
 * <p>Its state changes under its own lock, so that an interrupt meets the task that it is meant for
 * and never the next one of the same thread.
 */
public final class TaskRun<R> {
  private static final Logger LOG = LoggerFactory.getLogger(TaskRun.class);

  /** What those who are told that it is given up have before its thread is interrupted. */
  private static final long TOLD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private enum State {
    WAITING,
    RUNNING,
    ENDED
  }

  private final WorkerPool pool;
  private final Task<R> task;
  private final long deadlineNanos;
  private final @Nullable TaskRun<?> parent;
  private final Set<Kind> held;
  private final long submittedNanos;
  private final @Nullable Context home;
  private final Promise<R> promise = Promise.promise();
  private State state = State.WAITING;
  private final Set<TaskRun<?>> children = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Runnable> cancelHandlers = new ArrayList<>();
  private @Nullable Thread thread;
  private @Nullable Worker place;
  private @Nullable Failed given;
  private volatile long startedNanos;
  private long givenNanos;
  private boolean interrupted;
  private boolean reported;

  /**
   * @param parent the task that it is a part of; null for none
   */
  TaskRun(WorkerPool pool, Task<R> task, long deadlineNanos, @Nullable TaskRun<?> parent) {
    this.pool = pool;
    this.task = task;
    this.parent = parent;
    this.deadlineNanos =
        parent == null ? deadlineNanos : Math.min(deadlineNanos, parent.deadlineNanos);
    this.held = EnumSet.noneOf(Kind.class);
    if (parent != null) {
      held.addAll(parent.held);
      held.add(parent.task.kind());
    }
    this.submittedNanos = pool.ticker().nanos();
    Context current = Vertx.currentContext();
    this.home = current != null && current.isEventLoopContext() ? current : null;
  }

  /** What it does. */
  public Task<R> task() {
    return task;
  }

  /**
   * Completes when it has really ended, on the event loop that submitted it if one did; fails with
   * what the code threw, or with {@link Failed} when it never ran or was given up.
   */
  public Future<R> future() {
    return promise.future();
  }

  /** When it has to be over, on the ticker. */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  /**
   * Waits for its outcome, within its deadline. A full pool never waits for itself: a task that has
   * no place yet where its waiter has one is done here and now, and while a task waits for others
   * its own place is lent.
   *
   * @throws IllegalStateException at once on an event loop
   * @throws Exception what the code threw, or {@link Failed}
   */
  public R await() throws Exception {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException(
          "waiting for task " + task.name() + " would hold an event loop: use its future");
    }
    if (held.contains(task.kind()) && pool.withdraw(this)) {
      pool.runBeside(this);
    }
    try {
      return parent != null ? parent.await(promise.future()) : get(promise.future());
    } catch (InterruptedException stopped) {
      cancel(Failure.CANCELLED, "who waited for it was cancelled");
      throw stopped;
    } catch (Failed late) {
      if (late.failure() == Failure.DEADLINE_EXCEEDED) {
        cancel(Failure.DEADLINE_EXCEEDED, "it took too long");
      }
      throw late;
    }
  }

  /**
   * Waits for what this task has under way elsewhere, within its deadline; its place is lent while
   * it waits.
   *
   * @throws IllegalStateException at once on an event loop
   * @throws Exception what the future failed with, or {@link Failed}
   */
  public <T> T await(Future<T> future) throws Exception {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException(
          "waiting in task " + task.name() + " would hold an event loop: use the future");
    }
    if (future.isComplete() || !runsHere()) {
      return get(future);
    }
    pool.lend();
    try {
      return get(future);
    } finally {
      pool.reclaim();
    }
  }

  private <T> T get(Future<T> future) throws Exception {
    try {
      long left = deadlineNanos - pool.ticker().nanos();
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(Math.max(1, left), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    } catch (TimeoutException late) {
      throw new Failed(Failure.DEADLINE_EXCEEDED, "task " + task.name() + " took too long");
    }
  }

  private synchronized boolean runsHere() {
    return thread == Thread.currentThread();
  }

  /**
   * Gives it up and all parts of it: one that waits never runs, one that runs is interrupted. Does
   * nothing when it is over or was given up before.
   */
  public void cancel(Failure failure, String why) {
    List<TaskRun<?>> parts;
    List<Runnable> handlers;
    synchronized (this) {
      if (state == State.ENDED || given != null) {
        return;
      }
      given = new Failed(failure, why);
      givenNanos = pool.ticker().nanos();
      parts = List.copyOf(children);
      handlers = List.copyOf(cancelHandlers);
    }
    if (pool.withdraw(this)) {
      end(null, given);
      return;
    }
    for (TaskRun<?> part : parts) {
      part.cancel(failure, why);
    }
    if (handlers.isEmpty()) {
      interrupt();
    } else {
      tell(handlers);
    }
  }

  private synchronized void interrupt() {
    if (thread != null && !interrupted) {
      interrupted = true;
      thread.interrupt();
    }
  }

  /**
   * What others do when a task is given up may block or fail, and that is theirs alone. They come
   * before the interrupt, since they may end in better order what the thread waits for.
   */
  private void tell(List<Runnable> handlers) {
    pool.outside()
        .execute(() -> Thread.ofVirtual().name("sluice-cancel").start(() -> told(handlers)));
  }

  private void told(List<Runnable> handlers) {
    for (Runnable handler : handlers) {
      try {
        handler.run();
      } catch (RuntimeException | LinkageError fault) {
        LOG.error("event=cancel_handler_failed task={}", task.name(), fault);
      }
    }
    interrupt();
  }

  /**
   * Told when it is given up, on a thread of its own, before its thread is interrupted, which
   * happens after a second if this has not returned by then; at once when it was before.
   */
  public void onCancel(Runnable handler) {
    synchronized (this) {
      if (given == null) {
        cancelHandlers.add(handler);
        return;
      }
    }
    tell(List.of(handler));
  }

  /** A part of it begins; false when it is over or given up. */
  boolean adopt(TaskRun<?> part) {
    synchronized (this) {
      return given == null && state != State.ENDED && children.add(part);
    }
  }

  private synchronized void leave(TaskRun<?> part) {
    children.remove(part);
  }

  /** Whether it ever began. */
  public boolean began() {
    return startedNanos != 0;
  }

  /** Whether somebody gave it up. */
  public synchronized boolean cancelled() {
    return given != null;
  }

  /** Since when it waited. */
  long submittedNanos() {
    return submittedNanos;
  }

  boolean held(Kind kind) {
    return held.contains(kind);
  }

  void place(@Nullable Worker worker) {
    place = worker;
  }

  @Nullable Worker place() {
    return place;
  }

  /** Runs it to its end on this thread. */
  void run() {
    if (!begin()) {
      return;
    }
    R result = null;
    Throwable cause = null;
    try {
      result = task.code().run(this);
    } catch (Throwable thrown) {
      cause = thrown;
    }
    synchronized (this) {
      thread = null;
    }
    // What came late is not for the thread's next task, unless that is the one that waits for this.
    Thread.interrupted();
    if (parent != null && parent.runsHere() && parent.cancelled()) {
      Thread.currentThread().interrupt();
    }
    if (cause == null && task.kind() == Kind.LOOP && result instanceof Future<?> later) {
      follow(later);
    } else {
      end(result, cause);
    }
  }

  @SuppressWarnings("unchecked") // a task of kind loop is declared with its future's value
  private void follow(Future<?> later) {
    later.onComplete((value, cause) -> end((R) value, cause));
  }

  private boolean begin() {
    startedNanos = pool.ticker().nanos();
    if (startedNanos > deadlineNanos) {
      end(null, new Failed(Failure.DEADLINE_EXCEEDED, "its time was over before it began"));
      return false;
    }
    synchronized (this) {
      if (given == null) {
        state = State.RUNNING;
        thread = task.kind() == Kind.LOOP ? null : Thread.currentThread();
        return true;
      }
    }
    end(null, given);
    return false;
  }

  /** It is over; once. */
  void end(@Nullable R result, @Nullable Throwable cause) {
    Failed why;
    List<TaskRun<?>> left;
    synchronized (this) {
      if (state == State.ENDED) {
        return;
      }
      state = State.ENDED;
      why = given;
      left = List.copyOf(children);
    }
    for (TaskRun<?> part : left) {
      part.cancel(Failure.CANCELLED, "the task that it was a part of is over");
    }
    if (parent != null) {
      parent.leave(this);
    }
    pool.ended(this, startedNanos);
    Throwable outcome = cause != null && why != null ? why : cause;
    Context loop = home;
    if (loop == null) {
      pool.outside().execute(() -> settle(result, outcome));
    } else {
      loop.runOnContext(nothing -> settle(result, outcome));
    }
  }

  private void settle(@Nullable R result, @Nullable Throwable cause) {
    if (cause == null) {
      promise.complete(result);
    } else {
      promise.fail(cause);
    }
  }

  /** Ends what is too late; tells of one that does not heed its end, once. */
  void look(long now, long graceNanos) {
    if (now > deadlineNanos) {
      cancel(Failure.DEADLINE_EXCEEDED, "it took too long");
    }
    if (cancelled() && pool.withdraw(this)) {
      end(null, given); // it was given up on its way into the queue
      return;
    }
    Thread deaf;
    synchronized (this) {
      if (given != null && now - givenNanos > TOLD_NANOS) {
        interrupt();
      }
      boolean late = given != null && now - givenNanos > graceNanos;
      if (!late || reported || state == State.ENDED) {
        return;
      }
      reported = true;
      deaf = thread;
    }
    pool.stuck(this, deaf);
  }

  synchronized boolean reported() {
    return reported;
  }
}
