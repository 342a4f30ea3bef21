package dev.sluice.gateway.exchange;

import io.vertx.core.Future;
import java.util.concurrent.Callable;

/** Where work goes that would hold an event loop for too long. */
public interface Aside {
  /** Work on so many bytes, reading JSON for instance, is done on the loop. */
  int SMALL_BYTES = 64 << 10;

  /**
   * Does it on a worker.
   *
   * @param what one of few names, for metrics
   * @return the outcome, on the loop that asked; fails with {@link
   *     dev.sluice.gateway.failure.Failed} {@code JOB_REJECTED} when too much waits, and with what
   *     the code throws
   */
  <R> Future<R> run(String what, Callable<R> code);
}
