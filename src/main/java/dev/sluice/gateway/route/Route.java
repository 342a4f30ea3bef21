package dev.sluice.gateway.route;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.RouteView;
import dev.sluice.gateway.filter.FilterChain;

/**
 * One compiled route.
 *
 * @param parameterNames in the order in which the table gives their values; the rest is {@code *};
 *     a regular expression's groups are {@code 1}, {@code 2}, …
 * @param filters global, listener's (for each listener, by its index), policies' and own ones,
 *     compiled to one chain
 */
public record Route(
    RouteConfig config,
    String[] parameterNames,
    FilterChain[] filters,
    Action action,
    Observer observer)
    implements RouteView {
  @Override
  public String name() {
    return config.name();
  }

  /** The chain for requests through the listener with this index. */
  public FilterChain chain(int listener) {
    return filters[listener];
  }
}
