package dev.sluice.gateway.proxy;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketBase;
import java.util.List;

/**
 * What can be done with a WebSocket's connection beneath it; filled by {@code wire}. On its loop.
 */
public interface SocketControl {
  /**
   * What is asked of an endpoint beside path and headers.
   *
   * @param protocols the sub-protocols that the client offers
   * @param maxFrameBytes larger frames are refused
   */
  record Terms(List<String> protocols, int maxFrameBytes) {}

  /**
   * Makes a WebSocket of a connection to an endpoint (RFC 6455 §4.1). Fails with {@link
   * io.vertx.core.http.UpgradeRejectedException} when the endpoint answers otherwise; the
   * connection is closed then.
   */
  Future<WebSocket> upgrade(
      HttpClientConnection connection, String uri, MultiMap headers, Terms terms);

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
