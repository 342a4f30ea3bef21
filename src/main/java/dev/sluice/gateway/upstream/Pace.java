package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import java.util.concurrent.Executor;

/**
 * Keeps the concurrency at an endpoint as small as keeps the loop busy.
 *
 * <p>A loop with more work than it can do gains nothing from sending the next request before it has
 * read the answers that are there; it only uses more connections in turn, so that none of them is
 * in the processor's caches when it is needed. So beyond {@link #FREE} connections in use a request
 * waits until an answer gives one back, or until a turn of the loop brought no answer: then more
 * concurrency is what is needed, and a few more requests go. Confined to the loop.
 */
final class Pace {
  /** So many connections are used without a look at what the loop has to do. */
  static final int FREE = 64;

  /** So many more after each turn without an answer. */
  private static final int MORE = 16;

  /** Nobody is held back for longer. */
  private static final long MOST_NANOS = 100_000_000L;

  /**
   * When the first in line has waited for so long and each turn brought answers, too many
   * connections are in use.
   */
  private static final long BUSY_NANOS = 5_000_000L;

  private final Ticker ticker;
  private final Executor nextTurn;
  private final Runnable look;
  private boolean looking;
  private boolean answered;
  private long quietTurns;
  private int more;

  /**
   * @param nextTurn runs tasks in the loop's next turn
   * @param look told then when someone was held back
   */
  Pace(Ticker ticker, Executor nextTurn, Runnable look) {
    this.ticker = ticker;
    this.nextTurn = nextTurn;
    this.look = look;
  }

  /** An answer gave a connection back. */
  void answered() {
    answered = true;
  }

  /** The quiet turns so far; who joins the line notes them. */
  long quietTurns() {
    return quietTurns;
  }

  /**
   * Whether the first in line may use one more connection; else {@code look} is told again in the
   * next turn.
   */
  boolean allows(int inUse, Waiter first) {
    if (inUse < FREE || more > 0 || waited(first) >= patience(first)) {
      return true;
    }
    if (!looking) {
      looking = true;
      answered = false;
      nextTurn.execute(this::turned);
    }
    return false;
  }

  /** One more is used. */
  void used() {
    more = Math.max(0, more - 1);
  }

  private void turned() {
    looking = false;
    if (!answered) {
      quietTurns++;
      more = MORE;
    }
    look.run();
    more = 0;
  }

  /** Whether a connection that came free had better rest while someone waits. */
  boolean tooWide(int inUse, Waiter first) {
    long waited = waited(first);
    return inUse > FREE
        && waited >= BUSY_NANOS
        && waited < patience(first)
        && first.quietTurnsBefore == quietTurns;
  }

  private long waited(Waiter waiter) {
    return ticker.nanos() - waiter.since;
  }

  /** Half of his own patience at most: nobody is refused for having been held back. */
  private static long patience(Waiter waiter) {
    return Math.min(MOST_NANOS, waiter.patienceNanos / 2);
  }
}
