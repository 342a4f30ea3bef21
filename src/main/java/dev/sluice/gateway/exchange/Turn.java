package dev.sluice.gateway.exchange;

import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * Work put off to the end of the event loop's current turn, after everything that was read in it
 * has been handled.
 *
 * <p>One scheduled task serves all work of a turn, so that putting off costs nearly nothing.
 * Confined to its loop.
 */
public final class Turn {
  private final Context context;
  private final Executor afterwards;
  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();

  /**
   * @param afterwards runs what it is given in the loop's next turn, without a sleep before it
   */
  public Turn(Context context, Executor afterwards) {
    this.context = context;
    this.afterwards = afterwards;
  }

  /** Runs {@code task} in the next turn, after what is ready by then has been read. */
  public void next(Runnable task) {
    afterwards.execute(task);
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
