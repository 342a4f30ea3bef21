package dev.sluice.gateway.upstream;

/** What an endpoint carries in relation to what it should. */
final class Load {
  private Load() {}

  static double of(Endpoint endpoint, long now) {
    return (endpoint.active() + 1) / (endpoint.weight() * endpoint.share(now));
  }
}
