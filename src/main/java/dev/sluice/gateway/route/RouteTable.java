package dev.sluice.gateway.route;

import java.util.List;

/** SKELETON: signatures are the contract; the route author fills this in. */
public final class RouteTable {
  private final List<Route> routes;

  /** Compiles the routes; they are known to be free of conflicts (see {@link RouteConflicts}). */
  public RouteTable(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  /** Finds the route of a request; the answer stands in {@code lookup}. Any thread, no lock. */
  public void match(RouteLookup lookup) {
    throw new UnsupportedOperationException();
  }

  /** In the order of the file. */
  public List<Route> routes() {
    return routes;
  }
}
