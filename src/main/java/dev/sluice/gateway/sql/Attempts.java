package dev.sluice.gateway.sql;

import dev.sluice.gateway.exchange.Loop;

/**
 * How often the database is asked for one exchange, and how long it is left alone in between: a
 * server that restarts takes all connections of a pool with it, and it takes a moment until the
 * pool knows. Confined to the exchange's loop.
 */
final class Attempts {
  private static final int MOST = 3;
  private static final long FIRST_PAUSE_NANOS = 5_000_000L;
  private static final int GROWTH = 4;

  private final Loop loop;
  private int made;

  Attempts(Loop loop) {
    this.loop = loop;
  }

  /** One begins. */
  void begin() {
    made++;
  }

  /** Whether there may be another. */
  boolean left() {
    return made < MOST;
  }

  /** Begins the next one after a pause, the second pause longer; by how much is left to chance. */
  void again(Runnable next) {
    long base = made == 1 ? FIRST_PAUSE_NANOS : FIRST_PAUSE_NANOS * GROWTH;
    long pause = base + loop.random().nextLong(base);
    loop.timers().timer(next).at(loop.ticker().nanos() + pause);
  }
}
