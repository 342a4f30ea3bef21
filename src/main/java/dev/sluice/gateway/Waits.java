package dev.sluice.gateway;

import dev.sluice.gateway.Gateway.StartFailed;
import io.vertx.core.Future;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starting and closing wait for one step after the other. Blocks; never on an event loop. */
final class Waits {
  private static final Logger LOG = LoggerFactory.getLogger(Waits.class);
  private static final long START_SECONDS = 60;
  private static final long CLOSE_SECONDS = 10;

  private Waits() {}

  /**
   * What a step of the start gives.
   *
   * @param otherwise what the user is told when it fails, or takes more than a minute
   */
  static <T> T await(Future<T> step, String otherwise) throws StartFailed {
    try {
      return step.toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new StartFailed(otherwise + ": interrupted");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new StartFailed(otherwise + ": " + cause.getMessage());
    } catch (TimeoutException e) {
      throw new StartFailed(otherwise + " within " + START_SECONDS + " s");
    }
  }

  /** Waits for a step of the end, whatever becomes of it, for ten seconds at most. */
  static void settle(Future<?> step) {
    try {
      step.toCompletionStage().toCompletableFuture().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("closing", e);
    }
  }
}
