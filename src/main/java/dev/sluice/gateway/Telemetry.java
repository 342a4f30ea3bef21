package dev.sluice.gateway;

import dev.sluice.gateway.assemble.ConfigStatus;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.AccessLogConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.observe.AccessLog;
import dev.sluice.gateway.observe.LoopMonitor;
import dev.sluice.gateway.observe.Meters;
import dev.sluice.gateway.observe.MetricNames;
import dev.sluice.gateway.observe.Metrics;
import dev.sluice.gateway.observe.SlowExchanges;
import dev.sluice.gateway.resilience.SystemTicker;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that watches: meters, access log, loop monitor, and their place in the metrics. */
final class Telemetry {
  private final List<Loop> loops;
  private final Meters meters;
  private final Metrics metrics;
  private final SlowExchanges slow = new SlowExchanges(SystemTicker.INSTANCE);
  private final @Nullable AccessLog accessLog;
  private final LoopMonitor monitor;

  Telemetry(List<Loop> loops, AccessLogConfig log) {
    this.loops = List.copyOf(loops);
    this.meters = new Meters(loops.size());
    this.metrics = new Metrics(meters);
    this.accessLog = log.enabled() ? new AccessLog(log, loops.size(), SystemTicker.INSTANCE) : null;
    this.monitor = LoopMonitor.of(this.loops, SystemTicker.INSTANCE);
  }

  Meters meters() {
    return meters;
  }

  Metrics metrics() {
    return metrics;
  }

  /** Who is told of a route's finished exchanges. */
  Observer observer(RouteConfig route) {
    return chain(meters.route(route.name()), route.slow() == null ? null : slow);
  }

  /** Who is told of exchanges without a route. */
  Observer unrouted() {
    return chain(meters.route(Meters.NO_ROUTE), null);
  }

  private Observer chain(Observer first, @Nullable Observer second) {
    List<Observer> all = new ArrayList<>(List.of(first));
    if (second != null) {
      all.add(second);
    }
    if (accessLog != null) {
      all.add(accessLog);
    }
    Observer[] observers = all.toArray(new Observer[0]);
    return observers.length == 1
        ? first
        : exchange -> {
          for (Observer observer : observers) {
            observer.ended(exchange);
          }
        };
  }

  void start(Reloader reloader, AdminViews views) {
    meters.add(views::upstreamStats);
    metrics.gauge(
        MetricNames.IN_FLIGHT, "Exchanges in flight.", () -> loops.stream().mapToInt(loop -> loop.inFlight().size()).sum());
    metrics.counter(MetricNames.UNWATCHED, "Failures that nobody waited for.", Watched::failures);
    AccessLog log = accessLog;
    if (log != null) {
      metrics.counter(MetricNames.LOG_DROPPED, "Access log lines dropped.", log::dropped);
    }
    metrics.counter(MetricNames.RELOADS, "Configurations taken into service.", () -> version(reloader));
    metrics.counter(MetricNames.RELOAD_FAILURES, "Configurations refused.", reloader::refusals);
    metrics.gauge(
        MetricNames.RELOAD_SUCCESS,
        "When the configuration in service was taken, in Unix time.",
        () -> since(reloader));
    monitor.bindTo(metrics);
    monitor.start();
  }

  private static double version(Reloader reloader) {
    Snapshot current = reloader.current();
    return current == null ? 0 : current.version();
  }

  private static double since(Reloader reloader) {
    ConfigStatus status = reloader.status();
    return status == null ? 0 : status.since().toEpochMilli() / 1000.0;
  }

  void reopen() {
    if (accessLog != null) {
      accessLog.reopen();
    }
  }

  /** Before the loops close. */
  void stop() {
    monitor.close();
  }

  /** After the last exchange. */
  void close() {
    if (accessLog != null) {
      accessLog.close();
    }
    metrics.close();
  }
}
