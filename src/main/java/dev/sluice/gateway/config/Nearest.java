package dev.sluice.gateway.config;

import java.util.Collection;
import java.util.Locale;

/**
 * Finds what a mistyped word was meant to be, by edit distance with swaps of neighbours (Damerau).
 */
public final class Nearest {
  private static final int LONGEST = 64;

  private Nearest() {}

  /**
   * {@code ": did you mean 'x'?"} for the nearest of {@code known}, or nothing when none is near.
   */
  public static String suggestion(String word, Collection<String> known) {
    String best = "";
    int least = Math.max(1, Math.min(word.length(), LONGEST) / 3) + 1;
    String lower = word.toLowerCase(Locale.ROOT);
    for (String candidate : known) {
      int distance = distance(lower, candidate.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best.isEmpty() ? "" : ": did you mean '" + best + "'?";
  }

  static int distance(String from, String to) {
    if (from.length() > LONGEST || to.length() > LONGEST) {
      return Integer.MAX_VALUE;
    }
    int[][] cost = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        int best =
            Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && from.charAt(i - 1) == to.charAt(j - 2)
                && from.charAt(i - 2) == to.charAt(j - 1);
        cost[i][j] = swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
      }
    }
    return cost[from.length()][to.length()];
  }
}
