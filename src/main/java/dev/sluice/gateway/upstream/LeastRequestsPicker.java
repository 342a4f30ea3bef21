package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Takes the least loaded; the first of equals by chance, so that loops do not herd. */
final class LeastRequestsPicker extends TwoPassPicker {
  private final RandomGenerator random;

  LeastRequestsPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    super(endpoints, ticker);
    this.random = random;
  }

  @Override
  @Nullable Endpoint pass(PickContext context, long now, boolean alsoTried) {
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
