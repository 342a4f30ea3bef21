package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Takes the endpoint that the request's key belongs to on a ring of hashes, so that a change of
 * membership moves few keys.
 *
 * @see <a href="https://doi.org/10.1145/258533.258660">Karger et al., Consistent Hashing and Random
 *     Trees</a>
 */
final class RingHashPicker implements Picker {
  private static final int POINTS = 160;
  private static final int MOST_POINTS = 65_536;

  private final EndpointSet endpoints;
  private final Ticker ticker;
  private final Picker chance;
  private final long[] hashes;
  private final int[] owners;

  RingHashPicker(EndpointSet endpoints, RandomGenerator random, Ticker ticker) {
    this.endpoints = endpoints;
    this.ticker = ticker;
    this.chance = new RandomPicker(endpoints, random, ticker);
    int lightest = Integer.MAX_VALUE;
    long weights = 0;
    for (int i = 0; i < endpoints.size(); i++) {
      lightest = Math.min(lightest, endpoints.get(i).weight());
      weights += endpoints.get(i).weight();
    }
    double scale =
        weights == 0 ? 0 : Math.min((double) POINTS / lightest, (double) MOST_POINTS / weights);
    long[][] points = new long[endpoints.size()][];
    int total = 0;
    for (int i = 0; i < points.length; i++) {
      Endpoint endpoint = endpoints.get(i);
      points[i] = new long[Math.max(1, (int) (endpoint.weight() * scale))];
      for (int k = 0; k < points[i].length; k++) {
        points[i][k] = hash(endpoint.label() + '#' + k);
      }
      total += points[i].length;
    }
    long[][] ring = new long[total][];
    int at = 0;
    for (int i = 0; i < points.length; i++) {
      for (long point : points[i]) {
        ring[at++] = new long[] {point, i};
      }
    }
    Arrays.sort(ring, (a, b) -> Long.compare(a[0], b[0]));
    this.hashes = new long[total];
    this.owners = new int[total];
    for (int i = 0; i < total; i++) {
      hashes[i] = ring[i][0];
      owners[i] = (int) ring[i][1];
    }
  }

  @Override
  public @Nullable Endpoint pick(PickContext context) {
    String key = context.hashKey();
    if (key == null || hashes.length == 0) {
      return chance.pick(context);
    }
    long now = ticker.nanos();
    int found = Arrays.binarySearch(hashes, hash(key));
    int start = found >= 0 ? found : -found - 1;
    for (int i = 0; i < hashes.length; i++) {
      int at = start + i;
      Endpoint endpoint = endpoints.get(owners[at < hashes.length ? at : at - hashes.length]);
      if (endpoints.fits(endpoint, context, now, false)) {
        return endpoint;
      }
    }
    return chance.pick(context);
  }

  /** FNV-1a over the characters, then a finaliser that spreads (Stafford's mix 13). */
  static long hash(String text) {
    long h = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      h = (h ^ text.charAt(i)) * 0x100000001b3L;
    }
    h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L;
    h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
    return h ^ (h >>> 31);
  }
}
