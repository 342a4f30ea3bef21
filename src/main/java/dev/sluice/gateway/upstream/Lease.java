package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/**
 * The right to send one request on one upstream connection. On the owning loop; given back exactly
 * once.
 */
public interface Lease {
  /** The connection. */
  HttpClientConnection connection();

  /** Whether requests went over this connection before: it may have gone stale unseen. */
  boolean reused();

  /** Whether it speaks HTTP/2, so that a reset costs only the stream. */
  boolean multiplexed();

  /**
   * What the peer did wrong on this connection on the wire; null when nothing. Such a connection is
   * never used again.
   */
  @Nullable Failure violation();

  /**
   * The next request on this connection has this method: what its answer may look like depends on
   * it.
   */
  void expect(String method);

  /**
   * Gives the lease back.
   *
   * @param reusable false closes an HTTP/1 connection (its exchange did not end cleanly)
   */
  void release(boolean reusable);
}
