package dev.sluice.gateway.http;

/**
 * How many frames without use a peer may send over HTTP/2 (RFC 9113 §10.5): PING, SETTINGS,
 * PRIORITY, WINDOW_UPDATE, empty DATA, unknown types. Some are free in each window of time, and
 * each frame that carries something pays for more, since peers ping and open windows for what they
 * get. The clock is asked only when the budget is used up. Not thread-safe.
 */
public final class FrameBudget {
  /** Free frames in a window. */
  public static final int FREE = 1000;

  /** More of them for each frame that carries something. */
  public static final int PER_USE = 4;

  /** A window's length. */
  public static final long WINDOW_NANOS = 10_000_000_000L;

  /** What was earned is worth half from here on: nobody saves up for a flood. */
  private static final int MOST_USES = 10_000;

  private int useful;
  private int useless;
  private long since;

  /** Begins; nanoseconds of the caller's clock. */
  public FrameBudget(long now) {
    since = now;
  }

  /** A frame that carries a head or data went either way. */
  public void used() {
    if (++useful >= MOST_USES) {
      useful >>= 1;
      useless >>= 1;
    }
  }

  /** A frame without use came; whether the budget is used up and {@link #spent} must be asked. */
  public boolean wasted() {
    return ++useless > FREE + PER_USE * useful;
  }

  /** Whether it was used up within one window; if not, a new one begins. */
  public boolean spent(long now) {
    if (now - since < WINDOW_NANOS) {
      return true;
    }
    since = now;
    useless = 0;
    useful = 0;
    return false;
  }
}
