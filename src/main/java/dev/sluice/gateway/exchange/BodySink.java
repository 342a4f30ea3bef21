package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.buffer.Buffer;

/** Takes a request's body as it comes; on the exchange's loop. */
public interface BodySink {
  /** The next bytes. {@link RequestBody#pause()} holds back what follows. */
  void chunk(Buffer chunk);

  /** That was all. */
  void end();

  /**
   * The rest will not come: too large, malformed, or the client stalled. Not called when the client
   * left.
   */
  void failed(Failure failure, String detail);
}
