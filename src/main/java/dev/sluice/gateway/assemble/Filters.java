package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.FilterChain;
import dev.sluice.gateway.filter.header.HeaderChanges;
import dev.sluice.gateway.filter.limit.RequestSize;
import dev.sluice.gateway.filter.security.Cors;
import java.util.ArrayList;
import java.util.List;

/** Compiles the filters of routes: the global ones, the listener's, the route's policies, its own, in this order. */
final class Filters {
  private final RoutingConfig routing;
  private final List<ListenerConfig> listeners;

  Filters(GatewayConfig config) {
    this.routing = config.routing();
    this.listeners = config.listeners();
  }

  /** A route's chains, one a listener, since each listener may add its own. */
  FilterChain[] chains(RouteConfig route, List<String> parameters) {
    FilterChain[] chains = new FilterChain[listeners.size()];
    for (int i = 0; i < chains.length; i++) {
      List<Filter> filters = new ArrayList<>();
      use(routing.use(), parameters, filters);
      use(listeners.get(i).use(), parameters, filters);
      use(route.use(), parameters, filters);
      route.filters().forEach(own -> filters.add(filter(own, parameters)));
      chains[i] = new FilterChain(filters);
    }
    return chains;
  }

  /** Compiles the route's filters and lets go of them; throws what {@link #chains} would. */
  void check(RouteConfig route, List<String> parameters) {
    FilterChain[] made = chains(route, parameters);
    if (made.length != listeners.size()) {
      throw new IllegalStateException("a chain for each listener");
    }
  }

  private void use(List<String> policies, List<String> parameters, List<Filter> filters) {
    for (String policy : policies) {
      for (FilterConfig config : routing.policies().getOrDefault(policy, List.of())) {
        filters.add(filter(config, parameters));
      }
    }
  }

  private static Filter filter(FilterConfig config, List<String> parameters) {
    return switch (config) {
      case FilterConfig.Headers headers -> new HeaderChanges(headers, parameters);
      case FilterConfig.RequestSize size -> new RequestSize(size);
      case FilterConfig.Cors cors -> new Cors(cors);
    };
  }
}
