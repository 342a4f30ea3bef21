package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Takes one by chance, by weight. */
final class RandomPicker implements Picker {
  private final EndpointSet endpoints;
  private final RandomGenerator random;
  private final Ticker ticker;

  RandomPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    this.endpoints = endpoints;
    this.random = random;
    this.ticker = ticker;
  }

  @Override
  public @Nullable Endpoint pick(PickContext context) {
    long now = ticker.nanos();
    Endpoint fresh = draw(context, now, false);
    return fresh != null ? fresh : draw(context, now, true);
  }

  /**
   * Weighted reservoir of size one: each endpoint replaces the choice with probability weight / sum
   * so far.
   */
  private @Nullable Endpoint draw(PickContext context, long now, boolean alsoTried) {
    Endpoint choice = null;
    double sum = 0;
    for (int i = 0; i < endpoints.size(); i++) {
      Endpoint endpoint = endpoints.get(i);
      if (endpoints.fits(endpoint, context, now, alsoTried)) {
        double weight = endpoint.weight() * endpoint.share(now);
        sum += weight;
        if (random.nextDouble() * sum < weight) {
          choice = endpoint;
        }
      }
    }
    return choice;
  }
}
