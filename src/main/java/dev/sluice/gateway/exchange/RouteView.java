package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.RouteConfig;

/** What an exchange needs to know of its route. Immutable. */
public interface RouteView {
  /** The route's name. */
  String name();

  /** Its settings. */
  RouteConfig config();

  /**
   * Names of the path's parameters, in the order of {@link Exchange#pathValues()}; the rest of the
   * path is {@code *}.
   */
  String[] parameterNames();

  /** Who is told of its finished exchanges. */
  Observer observer();
}
