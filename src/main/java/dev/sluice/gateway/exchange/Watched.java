package dev.sluice.gateway.exchange;

import io.vertx.core.Future;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of futures whose value nobody needs: their failures are never lost without a trace. Any
 * thread.
 */
public final class Watched {
  private static final Logger LOG = LoggerFactory.getLogger(Watched.class);
  private static final LongAdder FAILURES = new LongAdder();

  private Watched() {}

  /** A failure is expected here (the peer may be gone already): it is a line of debug only. */
  public static void quietly(Future<?> future) {
    if (!future.succeeded()) {
      future.onFailure(cause -> LOG.debug("ignored failure={}", cause.toString()));
    }
  }

  /** A failure is not expected here: it is logged and counted. */
  public static void loudly(Future<?> future, String what) {
    if (!future.succeeded()) {
      future.onFailure(cause -> {
        FAILURES.increment();
        LOG.warn("failed what=\"{}\"", what, cause);
      });
    }
  }

  /** Unexpected failures so far. */
  public static long failures() {
    return FAILURES.sum();
  }
}
