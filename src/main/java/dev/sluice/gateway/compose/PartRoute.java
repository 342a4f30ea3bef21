package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.RouteView;

/**
 * What serves a part: an action of its own, under the name {@code route/part} in the log and in the
 * metrics. One instance serves all loops.
 *
 * @param config the route's as far as it concerns the part
 */
public record PartRoute(RouteConfig config, Action action, Observer observer) implements RouteView {
  private static final String[] NONE = new String[0];

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public String[] parameterNames() {
    return NONE;
  }
}
