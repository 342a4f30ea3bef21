package dev.sluice.gateway.wire;

import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.internal.http.WebSocketInternal;

/**
 * Closes a connection at once, without a closing handshake: for peers that are gone or read
 * nothing.
 */
public final class HardClose {
  private HardClose() {}

  /** The close status of a frame that the decoder refused; 1002 when it names none. */
  public static int closeStatus(Throwable refused) {
    return refused instanceof CorruptedWebSocketFrameException bad
        ? bad.closeStatus().code()
        : WebSocketCloseStatus.PROTOCOL_ERROR.code();
  }

  /** Closes a WebSocket's channel. On its loop. */
  public static void abort(WebSocketBase socket) {
    if (socket instanceof WebSocketInternal open) {
      // Not channel().close(): that would begin with the handler of Vert.x, which waits for the
      // handshake.
      open.channelHandlerContext().close();
    }
  }
}
