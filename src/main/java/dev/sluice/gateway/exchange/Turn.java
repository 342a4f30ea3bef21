package dev.sluice.gateway.exchange;

import io.vertx.core.Context;
import java.util.ArrayDeque;

/**
 * Work put off to the end of the event loop's current turn, after everything that was read in it
 * has been handled.
 *
 * <p>One scheduled task serves all work of a turn, so that putting off costs nearly nothing.
 * Confined to its loop.
 */
public final class Turn {
  private final Context context;
  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();

  public Turn(Context context) {
    this.context = context;
  }

  /** Runs {@code task} at the end of this turn. */
  public void defer(Runnable task) {
    queue.add(task);
    if (queue.size() == 1) {
      context.runOnContext(this::run);
    }
  }

  private void run(@org.jspecify.annotations.Nullable Void nothing) {
    // What the tasks put off themselves belongs to the next turn.
    for (int left = queue.size(); left > 0; left--) {
      Runnable task = queue.peek();
      if (task == null) {
        return;
      }
      try {
        task.run();
      } finally {
        queue.remove();
        if (left == 1 && !queue.isEmpty()) {
          context.runOnContext(this::run);
        }
      }
    }
  }
}
