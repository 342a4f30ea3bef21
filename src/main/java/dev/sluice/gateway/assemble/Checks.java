package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.filter.limit.Ledger;
import dev.sluice.gateway.filter.limit.Limits;
import dev.sluice.gateway.filter.limit.Peers;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.jobs.JobRegistry;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.route.PathTemplate;
import dev.sluice.gateway.route.Route;
import dev.sluice.gateway.route.RouteConflicts;
import dev.sluice.gateway.route.RouteTable;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What only shows when a configuration is compiled: routes that collide, templates that make no
 * sense. The command line and the reloader ask the same questions here, so that a file that {@code
 * check} calls good is taken. Opens nothing; any thread that may block.
 */
public final class Checks {
  private Checks() {}

  /**
   * Reads a configuration and compiles it on trial; all problems at once, those of compiling once
   * it can be read.
   */
  public static Result load(ConfigLoader loader, Path file) {
    return load(loader, file, null);
  }

  /** The same with the routing part from elsewhere; null for the node's own part alone. */
  public static Result load(ConfigLoader loader, Path file, @Nullable RoutingText routing) {
    Result result = loader.load(file, routing);
    if (result instanceof Result.Loaded loaded) {
      List<Problem> problems;
      try (JobRegistry registry = JobRegistry.load(loaded.config().jobs())) {
        problems = problems(loaded, registry);
      }
      return problems.isEmpty() ? result : new Result.Invalid(problems, loaded.files());
    }
    return result;
  }

  /**
   * The problems of a configuration that could be read, in the order of its files; empty when it is
   * good.
   *
   * @param registry the jobs that there are
   */
  public static List<Problem> problems(Result.Loaded loaded, JobRegistry registry) {
    GatewayConfig config = loaded.config();
    Set<Problem> problems = new LinkedHashSet<>();
    for (RouteConflicts.Conflict conflict :
        RouteConflicts.find(config.routing().routes(), listeners(config))) {
      problems.add(loaded.sources().problem(conflict.position(), conflict.sentence()));
    }
    for (String fault : registry.faults()) {
      problems.add(loaded.sources().problem(config.jobs().position(), "jobs: " + fault));
    }
    for (RouteConfig route : config.routing().routes()) {
      compile(
          config,
          route,
          registry,
          (position, fault) ->
              problems.add(
                  loaded.sources().problem(position, "route \"" + route.name() + "\": " + fault)));
    }
    return problems.stream().sorted(loaded.sources().order()).toList();
  }

  /**
   * The route table of a configuration without problems, for asking which route takes a request; it
   * serves none.
   */
  public static RouteTable table(GatewayConfig config) {
    Filters filters = filters(config);
    List<Route> routes = new ArrayList<>();
    for (RouteConfig route : config.routing().routes()) {
      String[] names = PathTemplate.parameterNames(route.match().path());
      routes.add(
          new Route(
              route,
              names,
              filters.chains(route, List.of(names)),
              exchange -> {
                throw new IllegalStateException("this table serves nobody");
              },
              Observer.NONE));
    }
    return new RouteTable(routes, listeners(config));
  }

  /** Filters that serve nobody. */
  private static Filters filters(GatewayConfig config) {
    return new Filters(
        config,
        new Limits(SystemTicker.INSTANCE, Peers.NONE),
        new Quotas(InstantSource.system(), database -> Ledger.NONE));
  }

  private static List<String> listeners(GatewayConfig config) {
    return config.listeners().stream().map(ListenerConfig::name).toList();
  }

  /** Tries each part by itself, so that one fault does not hide the next. */
  private static void compile(
      GatewayConfig config,
      RouteConfig route,
      JobRegistry registry,
      BiConsumer<String, String> faults) {
    List<String> parameters = new ArrayList<>();
    BiConsumer<String, IllegalArgumentException> report =
        (what, fault) ->
            faults.accept(
                fault instanceof Misfit misfit ? misfit.position() : route.position(),
                what + fault.getMessage());
    attempt(
        "",
        report,
        () -> parameters.addAll(List.of(PathTemplate.parameterNames(route.match().path()))));
    Filters filters = filters(config);
    for (ListenerConfig listener : config.listeners()) {
      for (FilterOrder.Placed placed : FilterOrder.of(config.routing(), listener, route)) {
        attempt(
            "a filter (" + placed.from() + "): ", report, () -> filters.filter(placed, parameters));
      }
    }
    attempt("rewrite: ", report, () -> Actions.rewrite(route.rewrite(), parameters));
    attempt(
        "",
        report,
        () ->
            Actions.check(config, route, parameters, registry, fault -> report.accept("", fault)));
  }

  private static void attempt(
      String what, BiConsumer<String, IllegalArgumentException> report, Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException fault) {
      report.accept(what, fault);
    }
  }
}
