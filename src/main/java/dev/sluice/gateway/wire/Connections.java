package dev.sluice.gateway.wire;

import dev.sluice.gateway.failure.Failure;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakeException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.util.AttributeKey;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketVersion;
import io.vertx.core.http.impl.Http1xClientConnection;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What is done to single connections beneath Vert.x, on their loops; and why one was given up. */
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

  private static final int CLOSING_SECONDS = 1;

  private Connections() {}

  /**
   * Runs tasks in the next turn of this context's event loop, after what is ready by then has been
   * read; the loop does not sleep before it. On the loop.
   */
  public static Executor nextTurn(Context context) {
    EventLoop loop = ((ContextInternal) context).nettyEventLoop();
    return task -> loop.schedule(task, 0, TimeUnit.NANOSECONDS);
  }

  /** Whether a connection to an endpoint is still open. */
  public static boolean open(HttpConnection connection) {
    return Http1ResponseGuard.Unwrap.of(connection) instanceof ConnectionBase base
        && base.channel().isActive();
  }

  /**
   * Wakes the streams of an HTTP/2 connection when its channel can be written to again; does
   * nothing on HTTP/1. See {@link Awakening}.
   */
  public static void wakeStreams(HttpConnection connection) {
    if (Http1ResponseGuard.Unwrap.of(connection) instanceof ConnectionBase base) {
      wakeStreams(base.channelHandlerContext().pipeline());
    }
  }

  static void wakeStreams(ChannelPipeline pipeline) {
    Http2ConnectionHandler codec = pipeline.get(Http2ConnectionHandler.class);
    if (codec != null) {
      pipeline.addBefore(pipeline.context(codec).name(), "awakening", new Awakening(codec));
    }
  }

  /**
   * Makes a WebSocket of an open connection to an endpoint (RFC 6455 §4.1): the client of Vert.x
   * for WebSockets opens connections of its own, by a name that it resolves itself, and keeps a
   * refusal's body whole, whatever its size. On the connection's loop.
   *
   * @param connection its answers are guarded by a {@link Http1ResponseGuard} that expects an
   *     upgrade
   * @param uri path and query; a valid URI reference, since Vert.x tells nobody of another
   */
  public static Future<WebSocket> upgrade(
      HttpClientConnection connection,
      String uri,
      MultiMap headers,
      List<String> protocols,
      int maxFrameBytes) {
    return Handshake.begin(
        (Http1xClientConnection) Http1ResponseGuard.Unwrap.of(connection),
        uri,
        headers,
        protocols,
        maxFrameBytes);
  }

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

  /** The handshake of Vert.x, which has no public way in. */
  private static final class Handshake {
    private static final MethodHandle BEGIN = handle();

    /** A name is wanted that a Unix socket lacks; Host comes from the headers. */
    private static final String SOMEWHERE = "http://localhost";

    static Future<WebSocket> begin(
        Http1xClientConnection connection,
        String uri,
        MultiMap headers,
        List<String> protocols,
        int maxFrame) {
      ContextInternal context = connection.context();
      PromiseInternal<WebSocket> opened = context.promise();
      WebSocketClientOptions options =
          new WebSocketClientOptions()
              .setMaxFrameSize(maxFrame)
              .setMaxMessageSize(Integer.MAX_VALUE)
              .setTryUsePerMessageCompression(false)
              .setTryUsePerFrameCompression(false)
              .setClosingTimeout(CLOSING_SECONDS);
      try {
        BEGIN.invoke(
            connection,
            context,
            SOMEWHERE + uri,
            headers,
            headers.contains(HttpHeaders.ORIGIN),
            options,
            WebSocketVersion.V13,
            protocols,
            0L,
            false,
            maxFrame,
            opened);
      } catch (Throwable refused) {
        opened.tryFail(refused);
      }
      return opened
          .future()
          .recover(cause ->
              Future.failedFuture(
                  cause instanceof WebSocketClientHandshakeException
                      ? new DecoderException("the acceptance breaks RFC 6455 §4.1", cause)
                      : cause));
    }

    private static MethodHandle handle() {
      try {
        Method method =
            Http1xClientConnection.class.getDeclaredMethod(
                "toWebSocket",
                ContextInternal.class,
                String.class,
                MultiMap.class,
                boolean.class,
                WebSocketClientOptions.class,
                WebSocketVersion.class,
                List.class,
                long.class,
                boolean.class,
                int.class,
                Promise.class);
        method.setAccessible(true);
        return MethodHandles.lookup().unreflect(method);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * Netty tells of a stream's writability only when it changes, and compares with what it told
   * last. Bytes that wait for TLS or for a window count into the channel at once, but the channel
   * tells of it a task later. When a WINDOW_UPDATE of a stream is read in between, Netty marks that
   * stream, and not the connection, as unwritable; then the channel is found as writable as the
   * connection was marked, no stream is looked at, and this one waits for ever. So here every
   * stream is looked at whenever the channel tells that it is writable, which is seldom.
   */
  private static final class Awakening extends ChannelInboundHandlerAdapter {
    private final Http2ConnectionHandler codec;

    Awakening(Http2ConnectionHandler codec) {
      this.codec = codec;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Http2Exception {
      ctx.fireChannelWritabilityChanged();
      if (ctx.channel().isWritable()) {
        // A change of the first window by nothing is what makes the controller look at all streams.
        Http2RemoteFlowController flow = codec.encoder().flowController();
        flow.initialWindowSize(flow.initialWindowSize());
      }
    }
  }
}
