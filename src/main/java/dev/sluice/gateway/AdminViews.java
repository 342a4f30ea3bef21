package dev.sluice.gateway;

import dev.sluice.gateway.admin.AdminPorts;
import dev.sluice.gateway.assemble.ConfigStatus;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.RouteView;
import dev.sluice.gateway.observe.Summary;
import dev.sluice.gateway.observe.UpstreamStats;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.rollout.Rollout;
import dev.sluice.gateway.route.Route;
import dev.sluice.gateway.server.ServerVerticle;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What the admin API shows of this gateway. */
final class AdminViews {
  private final List<ServerVerticle> servers;
  private final List<Loop> loops;
  private final Reloader reloader;
  private final Telemetry telemetry;
  private final BooleanSupplier draining;
  private final ClusterView cluster;
  private final @Nullable Rollout rollout;

  AdminViews(
      List<ServerVerticle> servers,
      List<Loop> loops,
      Reloader reloader,
      Telemetry telemetry,
      BooleanSupplier draining,
      ClusterView cluster,
      @Nullable Rollout rollout) {
    this.cluster = cluster;
    this.rollout = rollout;
    this.servers = List.copyOf(servers);
    this.loops = List.copyOf(loops);
    this.reloader = reloader;
    this.telemetry = telemetry;
    this.draining = draining;
  }

  AdminPorts ports() {
    Exchanges exchanges = new Exchanges();
    cluster.answer(exchanges, this::upstreams, telemetry.metrics()::scrape);
    return new AdminPorts(
        new Readiness(),
        telemetry.metrics()::scrape,
        this::routes,
        this::upstreams,
        exchanges,
        new Configuration(),
        new ExplainView(reloader),
        cluster,
        rollout);
  }

  private final class Readiness implements AdminPorts.Readiness {
    @Override
    public List<String> reasons() {
      List<String> reasons = new ArrayList<>(cluster.reasons());
      if (draining.getAsBoolean()) {
        reasons.add("draining");
      }
      return reasons;
    }

    @Override
    public JsonObject databases() {
      JsonObject all = new JsonObject();
      Snapshot current = reloader.current();
      if (current != null) {
        current
            .databases()
            .forEach((name, database) -> {
              String trouble = database.trouble();
              all.put(name, trouble == null ? "open" : trouble);
            });
      }
      return all;
    }
  }

  private JsonArray routes() {
    JsonArray all = new JsonArray();
    Snapshot current = reloader.current();
    if (current != null) {
      for (Route route : current.routes().routes()) {
        all.add(
            new JsonObject()
                .put("name", route.name())
                .put("hosts", new JsonArray(route.config().match().hosts()))
                .put("path", RouteText.path(route.config()))
                .put("methods", new JsonArray(route.config().match().methods()))
                .put("action", RouteText.action(route.config()))
                .put("exchanges", figures(telemetry.meters().route(route.name()).summary())));
      }
    }
    return all;
  }

  private JsonArray upstreams() {
    Map<String, Summary> summaries = telemetry.meters().upstreamSummaries();
    JsonArray all = new JsonArray();
    for (UpstreamStats.View view : upstreamStats()) {
      JsonArray endpoints = new JsonArray();
      for (UpstreamStats.EndpointView endpoint : view.endpoints()) {
        endpoints.add(
            new JsonObject()
                .put("address", endpoint.address())
                .put("healthy", endpoint.healthy())
                .put("ejected", endpoint.ejected())
                .put("inUse", endpoint.inUse())
                .put("idle", endpoint.idle())
                .put("pending", endpoint.pending())
                .put("attempts", new JsonObject(Map.copyOf(endpoint.attempts()))));
      }
      Summary summary = summaries.get(view.name());
      all.add(
          new JsonObject()
              .put("name", view.name())
              .put("source", view.source())
              .put("discovery", view.discovery())
              .put("breaker", view.breaker())
              .put("retries", view.retries())
              .put("endpoints", endpoints)
              .put("exchanges", figures(summary)));
    }
    return all;
  }

  private static JsonObject figures(@Nullable Summary summary) {
    if (summary == null) {
      return figures(new Summary(Summary.Figures.NONE, Summary.Figures.NONE));
    }
    return new JsonObject()
        .put("total", figures(summary.total()))
        .put("last100", figures(summary.recent()));
  }

  private static JsonObject figures(Summary.Figures figures) {
    return new JsonObject()
        .put("count", figures.count())
        .put("successRate", figures.successRate())
        .put("meanMillis", figures.meanMillis())
        .put("minMillis", figures.minMillis())
        .put("maxMillis", figures.maxMillis())
        .put("p50Millis", figures.p50Millis())
        .put("p99Millis", figures.p99Millis());
  }

  /** The upstreams of the snapshot that serves. */
  List<UpstreamStats.View> upstreamStats() {
    Snapshot current = reloader.current();
    List<UpstreamStats.View> views = new ArrayList<>();
    if (current != null) {
      for (Upstream upstream : current.upstreams().values()) {
        List<UpstreamStats.EndpointView> endpoints = new ArrayList<>();
        for (Endpoint endpoint : upstream.endpoints()) {
          int open = endpoint.connections();
          int idle = upstream.idle(endpoint);
          endpoints.add(
              new UpstreamStats.EndpointView(
                  endpoint.label(),
                  endpoint.healthy(),
                  endpoint.ejected(),
                  endpoint.ejections(),
                  Math.max(0, open - idle),
                  idle,
                  endpoint.pending(),
                  endpoint.attempts()));
        }
        Breaker breaker = upstream.breaker();
        views.add(
            new UpstreamStats.View(
                upstream.name(),
                ForwardText.source(upstream.config().source()),
                upstream.discovery(),
                breaker == null ? "none" : breaker.state().name().toLowerCase(Locale.ROOT),
                upstream.retries(),
                upstream.retryBalance(),
                endpoints));
      }
    }
    return views;
  }

  /** What is in flight, over all loops. */
  private final class Exchanges implements AdminPorts.Exchanges {
    @Override
    public Future<List<AdminPorts.InFlight>> list() {
      List<Future<List<AdminPorts.InFlight>>> asked = new ArrayList<>();
      for (int i = 0; i < servers.size(); i++) {
        Loop loop = loops.get(i);
        asked.add(servers.get(i).onLoop(() -> Future.succeededFuture(list(loop))));
      }
      return Future.join(asked)
          .map(done -> {
            List<AdminPorts.InFlight> all = new ArrayList<>();
            for (Future<List<AdminPorts.InFlight>> part : asked) {
              all.addAll(part.result());
            }
            return all;
          });
    }

    private static List<AdminPorts.InFlight> list(Loop loop) {
      long now = loop.ticker().nanos();
      List<AdminPorts.InFlight> all = new ArrayList<>();
      for (Exchange exchange : loop.inFlight().list()) {
        RouteView route = exchange.route();
        String endpoint = exchange.endpoint();
        all.add(
            new AdminPorts.InFlight(
                loop.index() + "-" + exchange.serial(),
                route == null ? "" : route.name(),
                exchange.phase().name().toLowerCase(Locale.ROOT),
                endpoint == null ? "" : endpoint,
                exchange.attempts(),
                (now - exchange.timeline().startNanos()) / 1_000_000));
      }
      return all;
    }

    @Override
    public Future<Boolean> cancel(String id) {
      int dash = id.indexOf('-');
      try {
        int loop = Integer.parseInt(id.substring(0, Math.max(dash, 0)));
        long serial = Long.parseLong(id.substring(dash + 1));
        if (loop < 0 || loop >= servers.size()) {
          return Future.succeededFuture(false);
        }
        return servers
            .get(loop)
            .onLoop(() -> Future.succeededFuture(cancel(loops.get(loop), serial)));
      } catch (NumberFormatException unknown) {
        return Future.succeededFuture(false);
      }
    }

    private static boolean cancel(Loop loop, long serial) {
      for (Exchange exchange : loop.inFlight().list()) {
        if (exchange.serial() == serial) {
          exchange.cancel("an operator cancelled it");
          return true;
        }
      }
      return false;
    }
  }

  /** The configuration and its reloads. */
  private final class Configuration implements AdminPorts.Configuration {
    @Override
    public JsonObject status() {
      ConfigStatus status = reloader.status();
      if (status == null) {
        return new JsonObject();
      }
      return new JsonObject()
          .put("version", status.version())
          .put("source", source())
          .put("hash", status.hash())
          .put("since", status.since().toString())
          .put("lastAttempt", status.lastAttempt().toString())
          .put("lastGood", status.lastGood())
          .put("errors", new JsonArray(status.problems().stream().map(Problem::render).toList()))
          .put("warnings", new JsonArray(status.warnings()))
          .put("waitsForRestart", new JsonArray(status.waiting()));
    }

    private JsonObject source() {
      if (rollout == null) {
        return new JsonObject().put("kind", "file");
      }
      return new JsonObject()
          .put("kind", "database")
          .put("database", rollout.source())
          .put("trouble", rollout.trouble());
    }

    @Override
    public Future<AdminPorts.Reload> reload() {
      return Future.fromCompletionStage(reloader.reload("admin"))
          .map(status ->
              new AdminPorts.Reload(
                  status.lastGood(), status.problems().stream().map(Problem::render).toList()));
    }
  }
}
