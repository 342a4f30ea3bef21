package dev.sluice.gateway.wire;

import dev.sluice.gateway.failure.Failure;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/** Why connections were given up, and how one is ended at once. */
public final class Connections {
  /**
   * What a guard found on a connection that it then gave up.
   *
   * @param failure the reason
   * @param detail a few words, none of them the peer's
   */
  public record Violation(Failure failure, String detail) {
    static final AttributeKey<Violation> KEY = AttributeKey.valueOf(Violation.class, "found");

    /**
     * What was found on this connection of client or server; null when all is well. On its event
     * loop.
     */
    public static @Nullable Violation of(HttpConnection connection) {
      return connection instanceof ConnectionBase base ? base.channel().attr(KEY).get() : null;
    }
  }

  private Connections() {}

  /** The close status of a frame that the decoder refused; 1002 when it names none. */
  public static int closeStatus(Throwable refused) {
    return refused instanceof CorruptedWebSocketFrameException bad
        ? bad.closeStatus().code()
        : WebSocketCloseStatus.PROTOCOL_ERROR.code();
  }

  /**
   * Closes a WebSocket's channel at once, without a closing handshake: for peers that are gone or
   * read nothing. On its loop.
   */
  public static void abort(WebSocketBase socket) {
    if (socket instanceof WebSocketInternal open) {
      // Not channel().close(): that would begin with the handler of Vert.x, which waits for the
      // handshake.
      open.channelHandlerContext().close();
    }
  }
}
