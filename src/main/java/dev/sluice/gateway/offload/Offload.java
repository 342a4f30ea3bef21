package dev.sluice.gateway.offload;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The one way off the event loops: bounded pools of worker verticles for what computes or blocks,
 * and bounded places on the loops for what only waits. Tasks reach the workers over the event bus,
 * as they are. Any thread.
 */
public final class Offload {
  private static final long SWEEP_MILLIS = 50;

  /** How long a task that was given up may clean up before it is told of. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Vertx vertx;
  private final Ticker ticker;
  private final OffloadSettings settings;
  private final Map<Kind, WorkerPool> pools = new EnumMap<>(Kind.class);
  private final List<Context> loops;
  private final long sweeper;

  /**
   * Nothing runs before {@link #start}; what is submitted waits.
   *
   * @param loops those that tasks of kind loop run on, in turn
   */
  public Offload(
      Vertx vertx,
      OffloadSettings settings,
      List<Context> loops,
      Ticker ticker,
      OffloadMeter meter) {
    this.vertx = vertx;
    this.ticker = ticker;
    this.settings = settings;
    this.loops = loops;
    AtomicInteger turn = new AtomicInteger();
    for (Kind kind : Kind.values()) {
      Worker beside =
          kind == Kind.LOOP ? run -> onLoop(loops, turn.getAndIncrement(), run) : TaskRun::run;
      pools.put(
          kind, new WorkerPool(kind, settings.of(kind), ticker, meter, beside, this::outside));
    }
    for (int i = 0; i < settings.loop().places(); i++) {
      int index = i;
      pool(Kind.LOOP).add(run -> onLoop(loops, index, run));
    }
    vertx.eventBus().registerCodec(new TaskCodec());
    sweeper =
        vertx.setPeriodic(
            SWEEP_MILLIS, timer -> pools.values().forEach(pool -> pool.sweep(GRACE_NANOS)));
  }

  private static void onLoop(List<Context> loops, int index, TaskRun<?> run) {
    loops.get(Math.floorMod(index, loops.size())).runOnContext(nothing -> run.run());
  }

  /**
   * A thread hands its scheduling policy on to those that it begins, which may be a carrier that
   * all virtual threads share from then on.
   */
  private void outside(Runnable waking) {
    if (Background.here()) {
      loops.getFirst().runOnContext(nothing -> waking.run());
    } else {
      waking.run();
    }
  }

  /** Deploys the workers. Completes when all of them take tasks. */
  public Future<Void> start() {
    return Future.join(deploy(Kind.CPU), deploy(Kind.BLOCKING)).mapEmpty();
  }

  private Future<String> deploy(Kind kind) {
    OffloadSettings.Pool pool = settings.of(kind);
    DeploymentOptions options = new DeploymentOptions().setInstances(pool.places());
    if (pool.threads() == OffloadSettings.Threads.VIRTUAL) {
      options.setThreadingModel(ThreadingModel.VIRTUAL_THREAD);
    } else {
      options
          .setThreadingModel(ThreadingModel.WORKER)
          .setWorkerPoolName("sluice-" + kind.word())
          .setWorkerPoolSize(pool.places())
          .setMaxWorkerExecuteTime(Long.MAX_VALUE); // the sweep knows each task's own bound
    }
    boolean virtual = pool.threads() == OffloadSettings.Threads.VIRTUAL;
    AtomicInteger number = new AtomicInteger();
    return vertx.deployVerticle(
        () ->
            new JobVerticle(
                "sluice.offload." + kind.word() + "." + number.getAndIncrement(),
                pool.threads() == OffloadSettings.Threads.BACKGROUND,
                worker ->
                    pool(kind).add(virtual ? run -> outside(() -> worker.take(run)) : worker)),
        options);
  }

  /**
   * Gets a task under way; one that finds the queue full ends at once with {@code JOB_REJECTED}.
   *
   * @param deadlineNanos on the ticker; a task that waits for so long never runs, one that runs is
   *     interrupted
   */
  public <R> TaskRun<R> submit(Task<R> task, long deadlineNanos) {
    return submit(task, deadlineNanos, null);
  }

  /**
   * The same for a part of another task, which may wait for it.
   *
   * @param parent null for none
   */
  public <R> TaskRun<R> submit(Task<R> task, long deadlineNanos, @Nullable TaskRun<?> parent) {
    WorkerPool pool = pool(task.kind());
    TaskRun<R> run = new TaskRun<>(pool, task, deadlineNanos, parent);
    if (parent == null || parent.adopt(run)) {
      pool.submit(run);
    } else {
      run.end(null, new Failed(Failure.CANCELLED, "the task that it is a part of was given up"));
    }
    return run;
  }

  private WorkerPool pool(Kind kind) {
    WorkerPool pool = pools.get(kind);
    if (pool == null) {
      throw new IllegalArgumentException("no pool " + kind);
    }
    return pool;
  }

  /** The clock of deadlines. */
  public Ticker ticker() {
    return ticker;
  }

  /** How a pool is now. */
  public record Load(int places, int active, int waiting, int stuck, long rejected) {}

  /** The state of a kind's pool. */
  public Load load(Kind kind) {
    WorkerPool pool = pool(kind);
    return new Load(pool.places(), pool.active(), pool.waiting(), pool.stuck(), pool.rejected());
  }

  /** Places of a kind that are free, with nobody waiting for them. */
  public int free(Kind kind) {
    return pool(kind).free();
  }

  /** Takes nothing any more, and interrupts what runs. */
  public void close() {
    vertx.cancelTimer(sweeper);
    pools.values().forEach(WorkerPool::close);
  }
}
