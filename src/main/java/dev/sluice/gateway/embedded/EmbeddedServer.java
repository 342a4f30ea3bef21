package dev.sluice.gateway.embedded;

import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;

/**
 * A server of this process on a free port of the loopback address. Started and closed at most once
 * at a time.
 */
interface EmbeddedServer {
  /**
   * Completes with the address once connections are accepted; any thread, never blocks the caller.
   */
  Future<SocketAddress> start();

  /** Stops listening and cuts what is open; succeeds too when the server never ran. */
  Future<Void> close();
}
