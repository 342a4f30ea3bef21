package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Takes them in turn, spread evenly by weight: each gains its weight, the richest is taken and pays
 * the sum (the smooth weighted round robin of nginx). Confined to its loop.
 */
final class RoundRobinPicker extends TwoPassPicker {
  private final double[] credit;

  RoundRobinPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    super(endpoints, ticker);
    this.credit = new double[endpoints.size()];
    // Loops begin at different places, so that they do not all ask the first one first.
    for (int i = 0; i < credit.length; i++) {
      credit[i] = random.nextDouble() * endpoints.get(i).weight();
    }
  }

  @Override
  @Nullable Endpoint pass(PickContext context, long now, boolean alsoTried) {
    int richest = -1;
    double sum = 0;
    for (int i = 0; i < credit.length; i++) {
      Endpoint endpoint = endpoints.get(i);
      if (endpoints.fits(endpoint, context, now, alsoTried)) {
        double weight = endpoint.weight() * endpoint.share(now);
        sum += weight;
        credit[i] += weight;
        if (richest < 0 || credit[i] > credit[richest]) {
          richest = i;
        }
      }
    }
    if (richest < 0) {
      return null;
    }
    credit[richest] -= sum;
    return endpoints.get(richest);
  }
}
