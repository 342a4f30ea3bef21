package dev.sluice.gateway.proxy;

import io.vertx.core.http.WebSocketBase;

/**
 * What can be done with a WebSocket's connection beneath it; filled by {@code wire}. On its loop.
 */
public interface SocketControl {
  /** Closes its connection at once, without the closing handshake. */
  void abort(WebSocketBase socket);

  /**
   * The status (RFC 6455 §7.4.1) that answers a frame which the decoder refused; 1002 when it names
   * none.
   */
  int closeStatus(Throwable refused);
}
