package dev.sluice.gateway.exchange;

import io.vertx.core.Future;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a future goes that nobody waits for: its failure is logged and counted instead of lost. Vert.x does not report
 * a failed future without handlers, so dropping one is refused by a test and this is the way to do it on purpose.
 */
public final class Unwatched {
  private static final Logger LOG = LoggerFactory.getLogger(Unwatched.class);
  private static final LongAdder FAILURES = new LongAdder();

  private Unwatched() {}

  /** Lets the future run on its own; {@code what} names it in the log line of its failure. Any thread. */
  public static void ok(Future<?> future, String what) {
    future.onComplete(
        result -> {
          if (result.failed()) {
            FAILURES.increment();
            LOG.warn("event=unwatched_failure what=\"{}\" error=\"{}\"", what, "" + result.cause());
          }
        });
  }

  /** Failures so far, in this process. */
  public static long failures() {
    return FAILURES.sum();
  }
}
