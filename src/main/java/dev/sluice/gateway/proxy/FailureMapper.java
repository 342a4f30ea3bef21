package dev.sluice.gateway.proxy;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.upstream.Lease;
import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.StreamResetException;

/** The one place that says which {@link Failure} an exception of an upstream connection means. */
final class FailureMapper {
  /** RFC 9113 §7: the stream was refused before any of it was processed. */
  private static final long REFUSED_STREAM = 0x7;

  private FailureMapper() {}

  static Failure of(Throwable cause, Lease lease) {
    Failure violation = lease.violation();
    if (violation != null) {
      return violation;
    }
    if (cause instanceof DecoderException
        || cause instanceof IllegalArgumentException
        || cause instanceof IllegalStateException) {
      return Failure.UPSTREAM_PROTOCOL_ERROR;
    }
    return Failure.UPSTREAM_RESET;
  }

  /**
   * Whether the peer says that it did not look at the request, so that any method may be sent
   * again.
   */
  static boolean refusedUnseen(Throwable cause) {
    return cause instanceof StreamResetException reset && reset.getCode() == REFUSED_STREAM;
  }
}
