package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;

/**
 * What serves requests.
 *
 * @param use names of policies ahead of everything else
 * @param policies named filter lists
 * @param upstreams by name, in the order of the file
 * @param routes in the order of the file
 */
public record RoutingConfig(
    List<String> use,
    Map<String, List<FilterConfig>> policies,
    Map<String, UpstreamConfig> upstreams,
    List<RouteConfig> routes) {
  public RoutingConfig {
    use = List.copyOf(use);
    policies = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(policies));
    upstreams = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(upstreams));
    routes = List.copyOf(routes);
  }
}
