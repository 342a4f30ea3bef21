package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Takes the least loaded; the first of equals by chance, so that loops do not herd. */
final class LeastRequestsPicker implements Picker {
  private final EndpointSet endpoints;
  private final RandomGenerator random;
  private final Ticker ticker;

  LeastRequestsPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    this.endpoints = endpoints;
    this.random = random;
    this.ticker = ticker;
  }

  @Override
  public @Nullable Endpoint pick(PickContext context) {
    long now = ticker.nanos();
    Endpoint fresh = least(context, now, false);
    return fresh != null ? fresh : least(context, now, true);
  }

  private @Nullable Endpoint least(PickContext context, long now, boolean alsoTried) {
    int size = endpoints.size();
    int start = size > 1 ? random.nextInt(size) : 0;
    Endpoint best = null;
    double bestLoad = Double.MAX_VALUE;
    for (int i = 0; i < size; i++) {
      int index = start + i;
      Endpoint endpoint = endpoints.get(index < size ? index : index - size);
      if (endpoints.fits(endpoint, context, now, alsoTried)) {
        double load = size == 1 ? 0 : Load.of(endpoint, now);
        if (load < bestLoad) {
          best = endpoint;
          bestLoad = load;
        }
      }
    }
    return best;
  }
}
