package dev.sluice.gateway.jobs;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.offload.Offload;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a node: which there are, where they run, and how those that nobody waits for are
 * kept. Lives as long as the node, whatever is reloaded. Any thread.
 */
public final class Jobs {
  private static final long CLOSE_MILLIS = 2_000;

  private final JobsConfig config;
  private final JobRegistry registry;
  private final Offload offload;
  private final AsyncJobs async;

  /**
   * @param config what the node was started with
   * @param database the one that keeps jobs, as it is now; null while there is none
   */
  public Jobs(
      Vertx vertx,
      JobsConfig config,
      JobRegistry registry,
      Offload offload,
      List<Loop> loops,
      Supplier<@Nullable Database> database,
      InstantSource clock) {
    this.config = config;
    this.registry = registry;
    this.offload = offload;
    JobStore store =
        config.store() == null
            ? new MemoryJobStore(config, clock)
            : new DatabaseJobStore(config, database);
    this.async = new AsyncJobs(vertx, offload, store, loops, config.maxResult());
  }

  /** The jobs that there are. */
  public JobRegistry registry() {
    return registry;
  }

  /** The pools. */
  public Offload offload() {
    return offload;
  }

  /**
   * Compiles a route that runs a job.
   *
   * @param upstream gives what calls an upstream
   * @throws Misfit when there is no such job, or its settings make no sense
   */
  public JobAction action(
      RouteConfig route, ActionConfig.Job job, Function<String, InnerRoute> upstream) {
    JobPlan plan = JobPlan.of(route, job, registry, upstream);
    return job.mode() == ActionConfig.Job.Mode.ASYNC
        ? new SubmitAction(route, plan, this, async)
        : new RunAction(route, plan, offload, config);
  }

  /** Compiles a route that shows an asynchronous job. */
  public Action action(RouteConfig route, ActionConfig.JobView view) {
    return new ViewAction(route, view.view(), async);
  }

  /** Looks at a route's job; throws {@link Misfit}. */
  public static void check(ActionConfig.Job job, JobRegistry registry) {
    JobPlan.codec(job, registry);
  }

  JobsConfig config() {
    return config;
  }

  /** From now on these are the routes; jobs of others are not run here any more. */
  public void use(Map<RouteConfig, Action> routes, Ingress ingress) {
    Map<String, JobPlan> plans = new HashMap<>();
    RouteConfig[] any = new RouteConfig[1];
    routes.forEach((route, action) -> {
      if (action instanceof SubmitAction submit) {
        plans.put(route.name(), submit.plan());
        any[0] = route;
      }
    });
    async.use(
        plans,
        ingress,
        any[0] == null ? null : new InnerRoute(any[0], exchange -> {}, Observer.NONE));
  }

  /** Asynchronous jobs that run here. */
  public int active() {
    return async.active();
  }

  /** Takes no more asynchronous jobs and waits for those that run, so long at most. */
  public Future<Void> finish(long atMostMillis) {
    return async.finish(atMostMillis);
  }

  /** Gives up what runs; asynchronous jobs of a store go to another node, or wait for this one. */
  public Future<Void> close() {
    return async
        .close(CLOSE_MILLIS)
        .onComplete(done -> {
          offload.close();
          registry.close();
        });
  }
}
