package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Takes the less loaded of two by chance.
 *
 * @see <a href="https://doi.org/10.1109/71.963420">Mitzenmacher, The Power of Two Choices in
 *     Randomized Load Balancing</a>
 */
final class PowerOfTwoPicker implements Picker {
  private static final int TRIES = 4;

  private final EndpointSet endpoints;
  private final RandomGenerator random;
  private final Ticker ticker;
  private final Picker scan;

  PowerOfTwoPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    this.endpoints = endpoints;
    this.random = random;
    this.ticker = ticker;
    this.scan = new LeastRequestsPicker(endpoints, random, ticker);
  }

  @Override
  public @Nullable Endpoint pick(PickContext context) {
    int size = endpoints.size();
    if (size <= 2) {
      return scan.pick(context);
    }
    long now = ticker.nanos();
    for (int i = 0; i < TRIES; i++) {
      int first = random.nextInt(size);
      int second = random.nextInt(size - 1);
      Endpoint a = endpoints.get(first);
      Endpoint b = endpoints.get(second >= first ? second + 1 : second);
      boolean fitsA = endpoints.fits(a, context, now, false);
      boolean fitsB = endpoints.fits(b, context, now, false);
      if (fitsA && fitsB) {
        return Load.of(a, now) <= Load.of(b, now) ? a : b;
      }
      if (fitsA || fitsB) {
        return fitsA ? a : b;
      }
    }
    return scan.pick(context);
  }
}
