package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RouteConfig;

/** A route that cannot be compiled; caught by the {@link Assembler} and told as a {@link Problem}. */
final class Unusable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unusable(String message) {
    super(message, null, false, false);
  }

  Problem problem(RouteConfig route) {
    String[] position = route.position().split(":(?=\\d+:\\d+$)|:(?=\\d+$)");
    int line = position.length > 1 ? Integer.parseInt(position[1]) : 1;
    int column = position.length > 2 ? Integer.parseInt(position[2]) : 1;
    return new Problem(position[0], line, column, "route " + route.name() + ": " + getMessage(), "");
  }
}
