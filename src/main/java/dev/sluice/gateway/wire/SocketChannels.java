package dev.sluice.gateway.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.internal.http.WebSocketInternal;

/** What is done to the channels of WebSockets, on their loops. */
public final class SocketChannels {
  private SocketChannels() {}

  /** Refuses text that is not UTF-8 from now on (RFC 6455 §8.1), with an exception. */
  public static void checkText(WebSocketBase socket) {
    if (socket instanceof WebSocketInternal open) {
      ChannelHandlerContext ctx = open.channelHandlerContext();
      ctx.pipeline().addBefore(ctx.name(), "utf8", new Utf8FrameValidator(false));
    }
  }

  /** The close status of a frame that the decoder refused; 1002 when it names none. */
  public static int closeStatus(Throwable refused) {
    return refused instanceof CorruptedWebSocketFrameException bad
        ? bad.closeStatus().code()
        : WebSocketCloseStatus.PROTOCOL_ERROR.code();
  }

  /**
   * Closes a channel at once, without a closing handshake: for peers that are gone or read nothing.
   */
  public static void abort(WebSocketBase socket) {
    if (socket instanceof WebSocketInternal open) {
      // Not channel().close(): that would begin with the handler of Vert.x, which waits for the
      // handshake.
      open.channelHandlerContext().close();
    }
  }
}
