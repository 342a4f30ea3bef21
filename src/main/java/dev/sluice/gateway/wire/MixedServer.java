package dev.sluice.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.concurrent.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xOrH2CHandler;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server that takes HTTP/1.1 and HTTP/2 on one port, by ALPN with TLS and by prior
 * knowledge without, with the guards ahead of the first byte that is decoded.
 *
 * <p>Vert.x tells of such a connection only when its first SETTINGS or, without TLS, its first
 * HTTP/1 request has been decoded, unguarded, and takes upgrades to h2c. So this puts itself
 * between the socket and what Vert.x puts there.
 */
public final class MixedServer {
  /** Name of the handler that waits for a connection's first head. */
  static final String UPGRADE = "h2c";

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private MixedServer() {}

  /** Creates one; settings as for {@link Http1RequestGuard}. */
  public static HttpServer create(
      Vertx vertx, HttpServerOptions options, Http1RequestGuard.Settings settings) {
    VertxInternal real = (VertxInternal) vertx;
    VertxInternal seen =
        (VertxInternal)
            Proxy.newProxyInstance(
                VertxInternal.class.getClassLoader(),
                new Class<?>[] {VertxInternal.class},
                (self, called, arguments) ->
                    called.getName().equals("createNetServer")
                        ? new Sockets(real, ((NetServerOptions) arguments[0]).copy(), settings)
                        : invoke(real, called, arguments));
    return new HttpServerImpl(seen, options);
  }

  private static @Nullable Object invoke(Object real, Method called, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return called.invoke(real, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getTargetException();
    }
  }

  /** The server below HTTP. */
  private static final class Sockets extends NetServerImpl {
    private final Http1RequestGuard.Settings settings;

    Sockets(VertxInternal vertx, NetServerOptions options, Http1RequestGuard.Settings settings) {
      super(vertx, options);
      this.settings = settings;
    }

    @Override
    public synchronized NetServerInternal connectHandler(Handler<NetSocket> handler) {
      return super.connectHandler(socket -> {
        handler.handle(socket);
        ChannelPipeline pipeline = ((NetSocketInternal) socket).channelHandlerContext().pipeline();
        ChannelHandlerContext choice = pipeline.context(Http1xOrH2CHandler.class);
        if (choice != null) {
          pipeline.addBefore(choice.name(), "protocol", new Choice(settings));
        } else if (pipeline.get(Http2ConnectionHandler.class) != null) {
          Http2Guard.install(pipeline, settings, null, settings.ticker().nanos());
        } else if (pipeline.get("httpDecoder") == null) {
          throw new IllegalStateException("this Vert.x makes another pipeline");
        }
      });
    }
  }

  /** Reads up to 24 bytes to know the protocol (RFC 9113 §3.4). */
  private static final class Choice extends ChannelInboundHandlerAdapter {
    private final Http1RequestGuard.Settings settings;
    private @Nullable ByteBuf first;
    private @Nullable Future<?> timer;
    private final long since;

    Choice(Http1RequestGuard.Settings settings) {
      this.settings = settings;
      since = settings.ticker().nanos();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      long nanos = Math.min(settings.headerTimeout().toNanos(), settings.keepAlive().toNanos());
      timer = ctx.executor().schedule(() -> ctx.close(), nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      if (timer != null) {
        timer.cancel(false);
      }
      if (first != null) {
        first.release();
        first = null;
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (!(message instanceof ByteBuf in)) {
        ctx.fireChannelRead(message);
        return;
      }
      ByteBuf all = in;
      if (first != null) {
        all = Unpooled.wrappedBuffer(first, in);
        first = null;
      }
      int count = Math.min(all.readableBytes(), PREFACE.length);
      int same = 0;
      while (same < count && all.getByte(all.readerIndex() + same) == PREFACE[same]) {
        same++;
      }
      if (same < count) {
        guard(ctx);
      } else if (count < PREFACE.length) {
        first = all;
        return;
      } else {
        ChannelHandlerContext decider = ctx.pipeline().context(Http1xOrH2CHandler.class);
        Http2Guard.install(ctx.pipeline(), settings, decider.name(), since);
      }
      ChannelPipeline pipeline = ctx.pipeline();
      pipeline.remove(this);
      pipeline.fireChannelRead(all);
    }

    /**
     * It is HTTP/1: an empty line, which decoders skip (RFC 9112 §2.2), makes Vert.x say so before
     * anything is read.
     */
    private void guard(ChannelHandlerContext ctx) {
      ctx.fireChannelRead(Unpooled.copiedBuffer("\r\n", StandardCharsets.US_ASCII));
      ChannelPipeline pipeline = ctx.pipeline();
      pipeline.addBefore(UPGRADE, "noUpgrade", new NoUpgrade());
      Http1RequestGuard.install(pipeline, settings);
    }
  }

  /**
   * Keeps the first request's wish for h2c from Vert.x (RFC 9113 §3.1: the upgrade is obsolete).
   */
  private static final class NoUpgrade extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpRequest request) {
        if (request.headers().contains(HttpHeaders.UPGRADE, "h2c", true)) {
          request.headers().remove(HttpHeaders.UPGRADE);
        }
        ctx.pipeline().remove(this);
      }
      ctx.fireChannelRead(message);
    }
  }
}
