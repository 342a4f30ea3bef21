package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RoutingConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The order in which a route's filters run: the global ones, the listener's, the route's policies,
 * its own. The chains are compiled from it and {@code explain} shows it. Pure; any thread.
 */
public final class FilterOrder {
  private FilterOrder() {}

  /**
   * One filter in its place.
   *
   * @param from where it stands in the configuration, for people: {@code policy browser (listener
   *     public)}
   * @param config its settings
   */
  public record Placed(String from, FilterConfig config) {}

  /**
   * The filters of a route for requests through this listener, the first to see the request first.
   */
  public static List<Placed> of(RoutingConfig routing, ListenerConfig listener, RouteConfig route) {
    List<Placed> order = new ArrayList<>();
    use(routing, routing.use(), "global", order);
    use(routing, listener.use(), "listener " + listener.name(), order);
    use(routing, route.use(), "route", order);
    route.filters().forEach(own -> order.add(new Placed("the route's own", own)));
    return order;
  }

  private static void use(
      RoutingConfig routing, List<String> policies, String by, List<Placed> order) {
    for (String policy : policies) {
      for (FilterConfig config : routing.policies().getOrDefault(policy, List.of())) {
        order.add(new Placed("policy " + policy + " (" + by + ")", config));
      }
    }
  }
}
