package dev.sluice.gateway.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Wakes the streams of an HTTP/2 connection whose channel can be written to again.
 *
 * <p>Netty tells of a stream's writability only when it changes, and compares with what it told
 * last. Bytes that wait for TLS or for a window count into the channel at once, but the channel
 * tells of it a task later. When a WINDOW_UPDATE of a stream is read in between, Netty marks that
 * stream, and not the connection, as unwritable; then the channel is found as writable as the
 * connection was marked, no stream is looked at, and this one waits for ever. So here every stream
 * is looked at whenever the channel tells that it is writable, which is seldom.
 */
public final class Http2Writability extends ChannelInboundHandlerAdapter {
  private final Http2ConnectionHandler handler;

  private Http2Writability(Http2ConnectionHandler handler) {
    this.handler = handler;
  }

  /** Watches a fresh connection of a client or to an endpoint; does nothing on HTTP/1. */
  public static void install(HttpConnection connection) {
    if (Http1ResponseGuard.Unwrap.of(connection) instanceof ConnectionBase base) {
      install(base.channelHandlerContext().pipeline());
    }
  }

  static void install(ChannelPipeline pipeline) {
    Http2ConnectionHandler handler = pipeline.get(Http2ConnectionHandler.class);
    if (handler != null) {
      String name = pipeline.context(handler).name();
      pipeline.addBefore(name, "writability", new Http2Writability(handler));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Http2Exception {
    ctx.fireChannelWritabilityChanged();
    if (ctx.channel().isWritable()) {
      // A change of the first window by nothing is what makes the controller look at all streams.
      Http2RemoteFlowController flow = handler.encoder().flowController();
      flow.initialWindowSize(flow.initialWindowSize());
    }
  }
}
