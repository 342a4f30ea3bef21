package dev.sluice.gateway.upstream;

import org.jspecify.annotations.Nullable;

/** Turns single probes into verdicts: so many of a kind in a row. */
final class Verdicts {
  private final int good;
  private final int bad;
  private int row;
  private boolean lastGood;

  Verdicts(int good, int bad) {
    this.good = good;
    this.bad = bad;
  }

  /** The verdict, when this probe completes a row; null otherwise. */
  synchronized @Nullable Boolean count(boolean passed) {
    row = row > 0 && passed == lastGood ? row + 1 : 1;
    lastGood = passed;
    return row >= (passed ? good : bad) ? passed : null;
  }
}
