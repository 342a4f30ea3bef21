package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.Sources;
import dev.sluice.gateway.route.PathTemplate;
import dev.sluice.gateway.route.RouteConflicts;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong with a configuration that reads well: routes that collide or cannot be reached, templates that make no
 * sense. Opens nothing; any thread.
 */
public final class Checks {
  private Checks() {}

  /** All findings, in the order of the files; empty when the configuration can be taken into service. */
  public static List<Problem> problems(Result.Loaded loaded) {
    GatewayConfig config = loaded.config();
    Sources sources = loaded.sources();
    List<Problem> problems = new ArrayList<>();
    Filters filters = new Filters(config);
    for (RouteConfig route : config.routing().routes()) {
      try {
        List<String> parameters = List.of(PathTemplate.parameterNames(route.match().path()));
        filters.check(route, parameters);
        Actions.check(route, parameters);
      } catch (IllegalArgumentException unusable) {
        problems.add(sources.problem(route.position(), "route \"" + route.name() + "\": " + unusable.getMessage()));
      }
    }
    if (problems.isEmpty()) {
      List<String> listeners = config.listeners().stream().map(ListenerConfig::name).toList();
      RouteConflicts.find(config.routing().routes(), listeners)
          .forEach(conflict -> problems.add(sources.problem(conflict.position(), conflict.sentence())));
    }
    problems.sort(sources.order());
    return List.copyOf(problems);
  }
}
