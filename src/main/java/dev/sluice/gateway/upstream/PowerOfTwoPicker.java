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
final class PowerOfTwoPicker extends TwoPassPicker {
  private static final int TRIES = 4;

  private final RandomGenerator random;
  private final TwoPassPicker scan;

  PowerOfTwoPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    super(endpoints, ticker);
    this.random = random;
    this.scan = new LeastRequestsPicker(endpoints, random, ticker);
  }

  @Override
  @Nullable Endpoint pass(PickContext context, long now, boolean alsoTried) {
    int size = endpoints.size();
    // Those that were tried are few: chance would seldom meet one that may be used.
    int tries = alsoTried || size <= 2 ? 0 : TRIES;
    for (int i = 0; i < tries; i++) {
      int first = random.nextInt(size);
      int second = random.nextInt(size - 1);
      Endpoint a = endpoints.get(first);
      Endpoint b = endpoints.get(second >= first ? second + 1 : second);
      boolean fitsA = endpoints.fits(a, context, now, alsoTried);
      boolean fitsB = endpoints.fits(b, context, now, alsoTried);
      if (fitsA && fitsB) {
        return Load.of(a, now) <= Load.of(b, now) ? a : b;
      }
      if (fitsA || fitsB) {
        return fitsA ? a : b;
      }
    }
    return scan.pass(context, now, alsoTried);
  }
}
