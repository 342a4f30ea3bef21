package dev.sluice.gateway;

import dev.sluice.gateway.assemble.ConfigStatus;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.config.AccessLogConfig;
import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.filter.limit.Limits;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.jobs.Jobs;
import dev.sluice.gateway.observe.AccessLog;
import dev.sluice.gateway.observe.DescriptorShortage;
import dev.sluice.gateway.observe.LoopMonitor;
import dev.sluice.gateway.observe.Meters;
import dev.sluice.gateway.observe.MetricNames;
import dev.sluice.gateway.observe.Metrics;
import dev.sluice.gateway.observe.SlowExchanges;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Offload;
import dev.sluice.gateway.offload.OffloadMeter;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.route.Route;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Everything that watches: meters, access log, loop monitor, and their place in the metrics. */
final class Telemetry {
  private final List<Loop> loops;
  private final Meters meters;
  private final Metrics metrics;
  private final SlowExchanges slow = new SlowExchanges(SystemTicker.INSTANCE);
  private final LoopMonitor monitor;
  private final LongAdder droppedBefore = new LongAdder();
  private volatile @Nullable AccessLog accessLog;
  // The configuration thread's own.
  private final LimitPeers peers = new LimitPeers();
  private final Limits limits = new Limits(SystemTicker.INSTANCE, peers);
  private AccessLogConfig logConfig;
  private @Nullable AccessLog replaced;

  Telemetry(List<Loop> loops, AccessLogConfig log) {
    this.loops = List.copyOf(loops);
    this.meters = new Meters(loops.size());
    this.metrics = new Metrics(meters);
    this.logConfig = log;
    this.accessLog = open(log);
    this.monitor = LoopMonitor.of(this.loops, SystemTicker.INSTANCE);
  }

  Meters meters() {
    return meters;
  }

  Metrics metrics() {
    return metrics;
  }

  /** From now on limits of the cluster count with these others. */
  void meet(Cluster others, Vertx vertx, Hints hints) {
    peers.meet(others, limits, vertx);
    metrics.gauge(MetricNames.NODES, "Nodes of the cluster.", others::nodes);
    metrics.counter(MetricNames.HINTS, "Hints of other nodes.", hints::heard);
  }

  /** The node's limits. */
  Limits limits() {
    return limits;
  }

  /** Who is told of a route's finished exchanges. */
  Observer observer(RouteConfig route) {
    return chain(meters.route(route.name()), route.slow() == null ? null : slow);
  }

  /** Who is told of exchanges without a route. */
  Observer unrouted() {
    return chain(meters.route(Meters.NO_ROUTE), null);
  }

  private Observer chain(Observer meters, @Nullable Observer slow) {
    if (slow == null) {
      return exchange -> {
        meters.ended(exchange);
        log(exchange);
      };
    }
    return exchange -> {
      meters.ended(exchange);
      slow.ended(exchange);
      log(exchange);
    };
  }

  private void log(Exchange exchange) {
    AccessLog log = accessLog;
    if (log != null) {
      log.ended(exchange);
    }
  }

  private @Nullable AccessLog open(AccessLogConfig log) {
    return log.enabled() ? new AccessLog(log, loops.size(), SystemTicker.INSTANCE) : null;
  }

  /** Exchanges that end from now on are logged like this. On the configuration's thread. */
  void use(AccessLogConfig next) {
    if (!next.equals(logConfig)) {
      logConfig = next;
      replaced = accessLog;
      accessLog = open(next);
    }
  }

  /**
   * All loops have seen this snapshot: none writes to the log before it any more. On the
   * configuration's thread.
   */
  void taken(Snapshot snapshot) {
    AccessLog old = replaced;
    if (old != null) {
      replaced = null;
      old.close();
      droppedBefore.add(old.dropped());
    }
    meters.retain(
        snapshot.routes().routes().stream().flatMap(Telemetry::names).collect(Collectors.toSet()),
        Set.copyOf(snapshot.upstreams().keySet()));
  }

  /** The names under which a route's exchanges are counted: its own and those of its parts. */
  private static Stream<String> names(Route route) {
    Stream<String> parts =
        switch (route.config().action()) {
          case ActionConfig.Compose compose ->
              compose.parts().stream().map(ActionConfig.Compose.Part::name);
          case ActionConfig.Job job -> job.upstreams().stream();
          default -> Stream.empty();
        };
    return Stream.concat(Stream.of(route.name()), parts.map(part -> route.name() + "/" + part));
  }

  private double dropped() {
    AccessLog log = accessLog;
    return droppedBefore.sum() + (log == null ? 0 : log.dropped());
  }

  /** Who counts what the pools do. */
  OffloadMeter offload() {
    return (kind, task, queuedNanos, ranNanos) -> {
      String[] labels = {"pool", kind.word(), "task", task};
      metrics.time(MetricNames.TASK_QUEUE_SECONDS, "Waiting for a place.", queuedNanos, labels);
      metrics.time(MetricNames.TASK_RUN_SECONDS, "Running.", ranNanos, labels);
    };
  }

  private void pools(Jobs jobs) {
    for (Kind kind : Kind.values()) {
      Offload offload = jobs.offload();
      String[] pool = {"pool", kind.word()};
      metrics.gauge(
          MetricNames.TASKS_ACTIVE, "Tasks that run.", () -> offload.load(kind).active(), pool);
      metrics.gauge(
          MetricNames.TASKS_WAITING, "Tasks that wait.", () -> offload.load(kind).waiting(), pool);
      metrics.gauge(
          MetricNames.TASKS_STUCK,
          "Tasks that were given up and do not end.",
          () -> offload.load(kind).stuck(),
          pool);
      metrics.counter(
          MetricNames.TASKS_REJECTED,
          "Tasks that found the queue full.",
          () -> offload.load(kind).rejected(),
          pool);
    }
    metrics.gauge(MetricNames.JOBS_ACTIVE, "Asynchronous jobs that run here.", jobs::active);
  }

  void start(Reloader reloader, AdminViews views, Jobs jobs, Quotas quotas) {
    pools(jobs);
    DatabaseGauges.show(metrics, reloader);
    LimitMeters.show(metrics, limits, quotas);
    meters.add(views::upstreamStats);
    metrics.gauge(
        MetricNames.IN_FLIGHT,
        "Exchanges in flight.",
        () -> loops.stream().mapToInt(loop -> loop.inFlight().size()).sum());
    metrics.counter(MetricNames.UNWATCHED, "Failures that nobody waited for.", Watched::failures);
    DescriptorShortage.watch();
    metrics.counter(
        MetricNames.NOT_ACCEPTED,
        "Connections that could not be accepted for want of a file descriptor.",
        DescriptorShortage::failures);
    metrics.counter(MetricNames.LOG_DROPPED, "Access log lines dropped.", this::dropped);
    metrics.counter(MetricNames.RELOADS, "Configurations taken into service.", reloader::loads);
    metrics.counter(MetricNames.RELOAD_FAILURES, "Configurations refused.", reloader::refusals);
    metrics.gauge(
        MetricNames.RELOAD_SUCCESS,
        "When the configuration in service was taken, in Unix time.",
        () -> since(reloader));
    monitor.bindTo(metrics);
    monitor.start();
  }

  private static double since(Reloader reloader) {
    ConfigStatus status = reloader.status();
    return status == null ? 0 : status.since().toEpochMilli() / 1000.0;
  }

  void reopen() {
    AccessLog log = accessLog;
    if (log != null) {
      log.reopen();
    }
  }

  /** Before the loops close. */
  void stop() {
    monitor.close();
  }

  /** After the last exchange. */
  void close() {
    AccessLog log = accessLog;
    if (log != null) {
      log.close();
    }
    metrics.close();
  }
}
