package dev.sluice.gateway.upstream;

import java.util.Collection;

/** The endpoints of an upstream at one time. Immutable. */
public final class EndpointSet {
  private final Endpoint[] all;

  EndpointSet(Collection<Endpoint> endpoints) {
    this.all = endpoints.toArray(new Endpoint[0]);
  }

  int size() {
    return all.length;
  }

  Endpoint get(int index) {
    return all[index];
  }

  /** Whether requests may go to this one now, leaving out those that the exchange has tried. */
  boolean fits(Endpoint endpoint, PickContext context, long now, boolean alsoTried) {
    return endpoint.usable(now) && (alsoTried || !context.tried(endpoint));
  }
}
