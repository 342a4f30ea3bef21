package dev.sluice.gateway.database;

import org.jspecify.annotations.Nullable;

/** Ends the statements of one exchange. Confined to its loop. */
public final class Cancellation {
  private boolean cancelled;
  private @Nullable Runnable running;

  /** Ends what is under way, and lets nothing else begin. */
  public void cancel() {
    cancelled = true;
    Runnable statement = running;
    running = null;
    if (statement != null) {
      statement.run();
    }
  }

  /** Whether it was called. */
  public boolean cancelled() {
    return cancelled;
  }

  /** A statement began that {@code end} ends; null when it is over. */
  void running(@Nullable Runnable end) {
    running = end;
  }
}
