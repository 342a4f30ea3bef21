package dev.sluice.gateway.proxy;

import io.vertx.core.http.WebSocketBase;

/**
 * What can be done with a WebSocket's connection beneath it; filled by {@code wire}. On its loop.
 */
public interface SocketControl {
  /**
   * Refuses text that is not UTF-8 from now on (RFC 6455 §8.1): the socket's exception handler is
   * told.
   */
  void checkText(WebSocketBase socket);

  /** Closes its connection at once, without the closing handshake. */
  void abort(WebSocketBase socket);

  /**
   * The status (RFC 6455 §7.4.1) that answers a frame which the decoder refused; 1002 when it names
   * none.
   */
  int closeStatus(Throwable refused);
}
