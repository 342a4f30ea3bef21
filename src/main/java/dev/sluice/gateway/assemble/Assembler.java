package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.ConfigLoader.Result.Loaded;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.Sources;
import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.Databases;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.route.PathTemplate;
import dev.sluice.gateway.route.Route;
import dev.sluice.gateway.route.RouteTable;
import dev.sluice.gateway.upstream.Upstream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Snapshot} from a configuration. What did not change is taken over from the one
 * before.
 */
public final class Assembler {
  /** What came of it. */
  public sealed interface Result {
    /** Good. */
    record Assembled(Snapshot snapshot) implements Result {}

    /** Not good: templates that make no sense, for instance. */
    record Refused(List<Problem> problems) implements Result {}
  }

  private final Upstreams upstreams;
  private final Databases databases;
  private final Actions.Ports ports;
  private final Observer unrouted;

  /**
   * @param ports what other rooms give to actions
   * @param unrouted who is told of exchanges without a route
   */
  public Assembler(
      Upstreams upstreams, Databases databases, Actions.Ports ports, Observer unrouted) {
    this.upstreams = upstreams;
    this.databases = databases;
    this.ports = ports;
    this.unrouted = unrouted;
  }

  /** Compiles a configuration; opens nothing but the pools and probes of new upstreams. */
  public Result assemble(Loaded loaded, @Nullable Snapshot before, long version) {
    List<Problem> found = Checks.problems(loaded, ports.jobs().registry());
    if (!found.isEmpty()) {
      return new Result.Refused(found);
    }
    GatewayConfig config = loaded.config();
    Sources sources = loaded.sources();
    Map<String, Upstream> live = new LinkedHashMap<>();
    for (UpstreamConfig upstream : config.routing().upstreams().values()) {
      live.put(upstream.name(), upstreams.take(upstream, before));
    }
    Map<String, Database> bases = new LinkedHashMap<>();
    for (DatabaseConfig database : config.databases().values()) {
      bases.put(database.name(), take(database, before));
    }
    List<Problem> problems = new ArrayList<>();
    Filters filters = new Filters(config, ports.limits(), ports.quotas());
    InnerRouting inner = new InnerRouting();
    Actions actions = new Actions(live, bases, ports, inner);
    List<String> listeners = config.listeners().stream().map(ListenerConfig::name).toList();
    List<Route> routes = new ArrayList<>();
    for (RouteConfig route : config.routing().routes()) {
      try {
        String[] names = PathTemplate.parameterNames(route.match().path());
        List<String> parameters = List.of(names);
        routes.add(
            new Route(
                route,
                names,
                filters.chains(route, parameters),
                actions.compile(route, parameters),
                ports.observers().apply(route)));
      } catch (IllegalArgumentException unusable) {
        problems.add(
            sources.problem(
                route.position(), "route \"" + route.name() + "\": " + unusable.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      upstreams.close(live.values(), before);
      close(bases, before);
      return new Result.Refused(problems);
    }
    List<Ingress> ingresses = new ArrayList<>();
    for (ListenerConfig listener : config.listeners()) {
      ingresses.add(new Ingress(listener, ingresses.size(), unrouted));
    }
    RouteTable table = new RouteTable(routes, listeners);
    inner.routes(table);
    return new Result.Assembled(new Snapshot(version, config, table, ingresses, live, bases));
  }

  /** Lets go of what {@code before} had and {@code now} has not. */
  public void retire(@Nullable Snapshot before, Snapshot now) {
    if (before != null) {
      upstreams.close(before.upstreams().values(), now);
      close(before.databases(), now);
    }
  }

  /** Lets go of a snapshot that never served. */
  public void discard(Snapshot snapshot, @Nullable Snapshot kept) {
    upstreams.close(snapshot.upstreams().values(), kept);
    close(snapshot.databases(), kept);
  }

  private Database take(DatabaseConfig config, @Nullable Snapshot before) {
    Database known = before == null ? null : before.databases().get(config.name());
    return known != null && known.config().equals(config) ? known : databases.open(config);
  }

  private void close(Map<String, Database> unused, @Nullable Snapshot kept) {
    unused.forEach((name, database) -> {
      if (kept == null || kept.databases().get(name) != database) {
        databases.close(database);
      }
    });
  }
}
