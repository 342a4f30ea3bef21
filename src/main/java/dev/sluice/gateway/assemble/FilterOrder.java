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
   * @param id where it is written, the same for all who use it: {@code policy/browser}, {@code
   *     route/user}, and {@code policy/browser.2} for the second of a policy
   * @param config its settings
   */
  public record Placed(String from, String id, FilterConfig config) {}

  /**
   * The filters of a route for requests through this listener, the first to see the request first.
   */
  public static List<Placed> of(RoutingConfig routing, ListenerConfig listener, RouteConfig route) {
    List<Placed> order = new ArrayList<>();
    use(routing, routing.use(), "global", order);
    use(routing, listener.use(), "listener " + listener.name(), order);
    use(routing, route.use(), "route", order);
    place(route.filters(), "the route's own", "route/" + route.name(), order);
    return order;
  }

  private static void use(
      RoutingConfig routing, List<String> policies, String by, List<Placed> order) {
    for (String policy : policies) {
      place(
          routing.policies().getOrDefault(policy, List.of()),
          "policy " + policy + " (" + by + ")",
          "policy/" + policy,
          order);
    }
  }

  private static void place(
      List<FilterConfig> filters, String from, String owner, List<Placed> order) {
    for (int i = 0; i < filters.size(); i++) {
      order.add(new Placed(from, i == 0 ? owner : owner + "." + (i + 1), filters.get(i)));
    }
  }
}
