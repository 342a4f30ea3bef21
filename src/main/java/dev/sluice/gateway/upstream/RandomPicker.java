package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Takes one by chance, by weight. */
final class RandomPicker extends TwoPassPicker {
  private final RandomGenerator random;

  RandomPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    super(endpoints, ticker);
    this.random = random;
  }

  /**
   * Weighted reservoir of size one: each endpoint replaces the choice with probability weight / sum
   * so far.
   */
  @Override
  @Nullable Endpoint pass(PickContext context, long now, boolean alsoTried) {
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
