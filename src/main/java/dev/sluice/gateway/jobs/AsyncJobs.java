package dev.sluice.gateway.jobs;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.JobState.Fault;
import dev.sluice.gateway.jobs.JobState.Stage;
import dev.sluice.gateway.jobs.JobStore.Claim;
import dev.sluice.gateway.jobs.JobStore.Ending;
import dev.sluice.gateway.jobs.JobStore.Taken;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Offload;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the jobs of a store on this node: takes as many as there are free places, tells the store
 * that they live, and keeps what came of them. Its state belongs to one event loop; what others
 * call hops there.
 */
final class AsyncJobs {
  private static final Logger LOG = LoggerFactory.getLogger(AsyncJobs.class);
  private static final long BEAT_MILLIS = 1_000;
  private static final long SWEEP_BEATS = 30;

  /** Each asks the store twice a second. */
  private static final int MOST_FOLLOWERS = 512;

  /** Jobs of one kind taken at once: their inputs are in memory before they begin. */
  private static final int MOST_TAKEN = 16;

  private static final long SAVE_AGAIN_MILLIS = 1_000;

  private final Vertx vertx;
  private final Context context;
  private final Offload offload;
  private final JobStore store;
  private final List<Loop> loops;
  private final long maxResult;
  private final AtomicInteger followers = new AtomicInteger();
  private final Map<String, Running> running = new ConcurrentHashMap<>();
  // Its loop's own:
  private Map<String, JobPlan> plans = Map.of();
  private @Nullable Ingress ingress;
  private @Nullable InnerRoute own;
  private boolean taking;
  private boolean again;
  private boolean closing;
  private long beats;
  private int turn;
  private long timer = -1;

  /** One run under way, and when the store knows what came of it. */
  private record Running(Claim claim, JobRun run, Promise<Void> saved) {}

  AsyncJobs(Vertx vertx, Offload offload, JobStore store, List<Loop> loops, long maxResult) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.offload = offload;
    this.store = store;
    this.loops = List.copyOf(loops);
    this.maxResult = maxResult;
  }

  JobStore store() {
    return store;
  }

  /**
   * From now on these routes' jobs are run, and those of no other. Any thread.
   *
   * @param plans by route
   * @param ingress stands for the listener in calls of jobs
   * @param own serves nobody; stands for the route in calls of jobs; null when there is no plan
   */
  void use(Map<String, JobPlan> plans, Ingress ingress, @Nullable InnerRoute own) {
    context.runOnContext(nothing -> {
      this.plans = Map.copyOf(plans);
      this.ingress = ingress;
      this.own = own;
      boolean needed = !plans.isEmpty() || !running.isEmpty();
      if (timer < 0 && needed && !closing) {
        timer = vertx.setPeriodic(BEAT_MILLIS, unused -> beat());
      }
      take();
    });
  }

  /** A job was added: it may begin. Any thread. */
  void nudge() {
    context.runOnContext(nothing -> take());
  }

  /** What is known of a job, its progress here and now. */
  Future<Optional<JobState>> find(String id) {
    return store
        .find(id)
        .map(found ->
            found.map(state -> {
              Running here = running.get(id);
              return here == null || state.stage() != Stage.RUNNING
                  ? state
                  : state.at(here.run().progress());
            }));
  }

  /** Takes one more that follows a job; false when there are too many. */
  boolean follow() {
    if (followers.incrementAndGet() <= MOST_FOLLOWERS) {
      return true;
    }
    unfollow();
    return false;
  }

  /** One follows no more. */
  void unfollow() {
    followers.decrementAndGet();
  }

  /** Gives a job up, wherever it is. */
  Future<Void> cancel(String id) {
    return store
        .cancel(id)
        .onSuccess(nothing -> {
          Running here = running.get(id);
          if (here != null) {
            here.run().cancel(Failure.CANCELLED, "it was cancelled");
          }
        });
  }

  // ---- running ----

  private void take() {
    if (closing) {
      return;
    }
    if (taking) {
      again = true;
      return;
    }
    taking = true;
    again = false;
    List<Future<?>> rounds = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      List<String> routes =
          plans.values().stream().filter(plan -> plan.kind() == kind).map(JobPlan::route).toList();
      int places = offload.free(kind);
      if (places > 0 && !routes.isEmpty()) {
        rounds.add(
            store
                .take(routes, Math.min(places, MOST_TAKEN))
                .onSuccess(taken -> {
                  taken.forEach(this::begin);
                  again |= taken.size() == MOST_TAKEN;
                })
                .onFailure(
                    cause -> LOG.debug("event=jobs_not_taken cause=\"{}\"", cause.toString())));
      }
    }
    Future.join(rounds)
        .onComplete(done -> {
          taking = false;
          if (again) {
            take();
          }
        });
  }

  private void begin(Taken job) {
    JobPlan plan = plans.get(job.route());
    Ingress listener = ingress;
    InnerRoute route = own;
    if (plan == null || listener == null || route == null || closing) {
      Watched.quietly(giveBack(job.claim()));
      return;
    }
    String id = job.claim().id();
    Loop loop = loops.get(Math.floorMod(turn++, loops.size()));
    UpstreamCalls calls =
        UpstreamCalls.alone(loop, plan, () -> Exchange.alone(loop, listener, route, id));
    JobRun run =
        JobRun.start(
            offload,
            plan,
            id,
            job.input(),
            new JobRun.Bounds(offload.ticker().nanos() + plan.timeoutNanos(), maxResult),
            calls);
    Running here = new Running(job.claim(), run, Promise.promise());
    Running lost = running.put(id, here);
    if (lost != null) {
      lost.run().cancel(Failure.CANCELLED, "it was taken for lost and begun again");
    }
    run.outcome()
        .onComplete((result, cause) ->
            context.runOnContext(nothing -> ended(here, result, (Failed) cause)));
  }

  private void ended(Running here, @Nullable Content result, @Nullable Failed cause) {
    if (here.saved().future().isComplete()) {
      return; // it was given back while it still ran
    }
    if (cause != null && notHere(here, cause.failure())) {
      giveBack(here.claim()).onComplete(done -> over(here));
      return;
    }
    save(
        here,
        cause == null
            ? new Ending(Stage.DONE, result, null)
            : cause.failure() == Failure.CANCELLED
                ? new Ending(Stage.CANCELLED, null, null)
                : new Ending(Stage.FAILED, null, Fault.of(cause)));
    take();
  }

  /** Whether it did not run to its end because of this node, so that another may. */
  private boolean notHere(Running here, Failure failure) {
    return (failure == Failure.JOB_REJECTED && !here.run().began())
        || (failure == Failure.DRAINING && closing);
  }

  /** In place of what the store does not take. */
  private static final Ending UNKEPT =
      new Ending(
          Stage.FAILED,
          null,
          new Fault(Failure.JOB_FAILED.reason(), "what came of it cannot be kept"));

  /** Keeps how it ended; nobody else runs it while this is tried again, since it still beats. */
  private void save(Running here, Ending ending) {
    String id = here.claim().id();
    store
        .end(here.claim(), ending)
        .onComplete((kept, cause) -> {
          if (cause != null) {
            LOG.warn("event=job_not_saved id={} cause=\"{}\"", id, cause.toString());
            boolean later =
                cause instanceof Failed failed && failed.failure() == Failure.DATABASE_UNAVAILABLE;
            if (later && !closing) {
              vertx.setTimer(SAVE_AGAIN_MILLIS, unused -> save(here, ending));
              return;
            }
            if (!later && !ending.equals(UNKEPT)) {
              save(here, UNKEPT);
              return;
            }
          }
          if (cause == null && !kept) {
            LOG.warn("event=job_lost id={} why=\"another node took it over\"", id);
          }
          over(here);
        });
  }

  private void over(Running here) {
    running.remove(here.claim().id(), here);
    here.saved().tryComplete();
  }

  private Future<Void> giveBack(Claim claim) {
    return store
        .giveBack(claim)
        .onFailure(cause -> LOG.warn("event=jobs_not_given_back cause=\"{}\"", cause.toString()));
  }

  private void beat() {
    Map<Claim, Double> live = new HashMap<>();
    running.values().forEach(here -> live.put(here.claim(), here.run().progress()));
    if (!live.isEmpty()) {
      store
          .beat(live)
          .onSuccess(stop ->
              running.values().stream()
                  .filter(here -> stop.contains(here.claim()))
                  .forEach(here -> here.run().cancel(Failure.CANCELLED, "it was cancelled")))
          .onFailure(cause -> LOG.warn("event=jobs_not_beating cause=\"{}\"", cause.toString()));
    }
    if (beats++ % SWEEP_BEATS == 0) {
      store
          .sweep(plans.keySet())
          .onFailure(cause -> LOG.debug("event=jobs_not_swept cause=\"{}\"", cause.toString()));
    }
    take();
  }

  /** Jobs that run here. */
  int active() {
    return running.size();
  }

  /**
   * Takes no more jobs and waits for those that run, so long at most. Any thread; completes anyway.
   */
  Future<Void> finish(long atMostMillis) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(nothing -> {
      closing = true;
      List<Future<?>> all = new ArrayList<>();
      running.values().forEach(here -> all.add(here.saved().future()));
      long wait = vertx.setTimer(Math.max(1, atMostMillis), late -> done.tryComplete());
      Future.join(all)
          .onComplete(ended -> {
            vertx.cancelTimer(wait);
            done.tryComplete();
          });
    });
    return done.future();
  }

  /**
   * Gives up what runs, for others to run. Completes when the store knows it, or cannot be told; a
   * run that does not end within this time is given back while it still goes on.
   */
  Future<Void> close(long atMostMillis) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(nothing -> {
      closing = true;
      vertx.cancelTimer(timer);
      List<Future<?>> all = new ArrayList<>();
      running
          .values()
          .forEach(here -> {
            here.run().cancel(Failure.DRAINING, "the gateway is leaving");
            all.add(here.saved().future());
          });
      long wait =
          vertx.setTimer(
              atMostMillis,
              late ->
                  running
                      .values()
                      .forEach(here -> giveBack(here.claim()).onComplete(given -> over(here))));
      Future.join(all)
          .onComplete(ended -> {
            vertx.cancelTimer(wait);
            done.complete();
          });
    });
    return done.future();
  }
}
