package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.RouteConfig;

/**
 * What serves a part: an action of its own, under the name {@code route/part} in the log and in the
 * metrics. One instance serves all loops.
 *
 * @param config the route's as far as it concerns the part
 */
public record InnerRoute(RouteConfig config, Action action, Observer observer)
    implements RouteView {
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
