package dev.sluice.gateway.proxy;

import dev.sluice.gateway.upstream.Endpoint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that an exchange has tried; most try only one, so there is no list before the
 * second.
 */
final class Tried {
  private @Nullable List<Endpoint> endpoints;

  void add(Endpoint endpoint) {
    List<Endpoint> known = endpoints;
    if (known == null) {
      known = new ArrayList<>(2);
      endpoints = known;
    }
    known.add(endpoint);
  }

  boolean contains(Endpoint endpoint) {
    List<Endpoint> known = endpoints;
    return known != null && known.contains(endpoint);
  }

  /** Whether one of these has not been tried. */
  boolean lacksOneOf(List<Endpoint> all) {
    for (Endpoint endpoint : all) {
      if (!contains(endpoint)) {
        return true;
      }
    }
    return false;
  }
}
