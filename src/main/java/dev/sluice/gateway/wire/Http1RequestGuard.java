package dev.sluice.gateway.wire;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.MessageScanner;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.wire.Connections.Violation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.ShutdownEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of the server's HTTP/1 decoder: lets a head through only when it is whole and
 * unambiguous (RFC 9112), follows bodies as they pass, and bounds the time that a head and an idle
 * connection may take.
 *
 * <p>A bad head reaches the server's {@code invalidRequestHandler} after all earlier requests were
 * answered; {@link Violation#of} tells that handler why. A bad body fails its request and the
 * connection. What follows is dropped.
 */
public final class Http1RequestGuard extends ChannelInboundHandlerAdapter {
  /**
   * How strict and how patient.
   *
   * @param limits bounds of a head
   * @param headerTimeout from the connection's start, or the first byte of a later head, to the
   *     head's end
   * @param keepAlive between an answer's end and the next request's first byte
   */
  public record Settings(
      MessageScanner.Limits limits, Duration headerTimeout, Duration keepAlive, Ticker ticker) {}

  static final FastThreadLocal<byte[]> SCRATCH =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[8 << 10];
        }
      };

  private static final String NAME = "requestGuard";
  private static final byte[] REFUSAL =
      ("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 64\r\n"
              + "Connection: close\r\n\r\n"
              + "{\"title\":\"Bad Request\",\"status\":400,\"reason\":\"bad_request\"}    ")
          .getBytes(StandardCharsets.US_ASCII);

  private final MessageScanner scanner;
  private final Ticker ticker;
  private final long headerNanos;
  private final long keepAliveNanos;

  private @Nullable ByteBuf pending;
  private @Nullable Future<?> timer;
  private boolean dead;
  private boolean tunnel;
  private boolean used;
  private boolean answering;
  private int outstanding;
  private long since;

  private Http1RequestGuard(Settings settings) {
    scanner = MessageScanner.ofRequests(settings.limits());
    ticker = settings.ticker();
    headerNanos = settings.headerTimeout().toNanos();
    keepAliveNanos = settings.keepAlive().toNanos();
  }

  /**
   * Guards a connection; call it from {@code HttpServer.connectionHandler}. Does nothing on HTTP/2.
   *
   * @return whether the connection is HTTP/1 and now guarded
   */
  public static boolean install(HttpConnection connection, Settings settings) {
    if (!(connection instanceof ConnectionBase base)) {
      return false;
    }
    ChannelPipeline pipeline = base.channelHandlerContext().pipeline();
    if (pipeline.get("httpDecoder") == null) {
      return false;
    }
    if (pipeline.get(NAME) == null) {
      install(pipeline, settings);
    }
    return true;
  }

  /** Guards a pipeline that has the decoder and the encoder. */
  static void install(ChannelPipeline pipeline, Settings settings) {
    Http1RequestGuard guard = new Http1RequestGuard(settings);
    pipeline.addAfter("httpEncoder", "answers", guard.new Answers());
    pipeline.addBefore("httpDecoder", NAME, guard);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    since = ticker.nanos();
    arm(ctx, Math.min(headerNanos, keepAliveNanos));
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (timer != null) {
      timer.cancel(false);
    }
    drop();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (timer != null) {
      timer.cancel(false);
    }
    drop();
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (tunnel || !(message instanceof ByteBuf in)) {
      ctx.fireChannelRead(message);
      return;
    }
    if (dead) {
      in.release();
      return;
    }
    boolean fresh = scanner.betweenMessages();
    int start = in.readerIndex();
    int end = in.writerIndex();
    int at = start;
    int head = start;
    boolean inHead = false;
    while (at < end) {
      long skippable = scanner.skippable();
      if (skippable > 0) {
        int count = (int) Math.min(skippable, end - at);
        scanner.skip(count);
        at += count;
        continue;
      }
      if (scanner.betweenMessages()) {
        head = at;
      }
      inHead = scanner.betweenMessages() || scanner.inHead();
      at += scan(scanner, in, at, end);
      MessageScanner.Stop stop = scanner.stop();
      if (stop == MessageScanner.Stop.BAD) {
        break;
      }
      if (inHead && (stop == MessageScanner.Stop.HEAD || stop == MessageScanner.Stop.END)) {
        outstanding++;
        used = true;
      }
    }
    boolean bad = scanner.failure() != null;
    boolean hold = bad ? inHead : scanner.inHead();
    int safe = hold ? head : bad ? start : end;
    if (hold && !bad && (fresh || safe > start)) {
      since = ticker.nanos();
    }
    pass(ctx, in, start, safe, hold && !bad);
    if (bad) {
      Failure failure = scanner.failure();
      refuse(ctx, failure == null ? Failure.BAD_REQUEST : failure, scanner.detail(), inHead);
    }
  }

  /**
   * Keeps the server's shutdown from the connection: Vert.x would drop in silence what comes on it
   * from then on. The connection closes after its next answer, as the server says then.
   */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (!(event instanceof ShutdownEvent)) {
      ctx.fireUserEventTriggered(event);
    }
  }

  /** Scans at most one window of the buffer and returns how many bytes were used. */
  static int scan(MessageScanner scanner, ByteBuf in, int at, int end) {
    if (in.hasArray()) {
      int from = in.arrayOffset() + at;
      return scanner.scan(in.array(), from, in.arrayOffset() + end) - from;
    }
    byte[] scratch = SCRATCH.get();
    int count = Math.min(scratch.length, end - at);
    in.getBytes(at, scratch, 0, count);
    return scanner.scan(scratch, 0, count);
  }

  private void pass(ChannelHandlerContext ctx, ByteBuf in, int start, int safe, boolean hold) {
    if (safe > start && pending != null) {
      ByteBuf first = pending;
      pending = null;
      ctx.fireChannelRead(first);
    }
    if (hold) {
      if (pending == null) {
        pending = ctx.alloc().buffer(Math.max(512, in.writerIndex() - safe));
      }
      pending.writeBytes(in, safe, in.writerIndex() - safe);
    }
    if (safe > start) {
      in.writerIndex(safe);
      ctx.fireChannelRead(in);
    } else {
      in.release();
    }
  }

  private void refuse(ChannelHandlerContext ctx, Failure failure, String detail, boolean inHead) {
    dead = true;
    drop();
    ctx.channel().attr(Violation.KEY).set(new Violation(failure, detail));
    ChannelHandlerContext decoder = ctx.pipeline().context("httpDecoder");
    if (decoder == null) {
      ctx.close();
      return;
    }
    DecoderResult result = DecoderResult.failure(new IllegalArgumentException(detail));
    // Vert.x makes no connection of its own on a listener with h2c before a head was passed.
    if (inHead || ctx.pipeline().get(MixedServer.UPGRADE) != null) {
      outstanding++;
      DefaultHttpRequest request =
          new DefaultHttpRequest(
              HttpVersion.HTTP_1_1, HttpMethod.GET, "/bad-request", HeadersMultiMap.httpHeaders());
      request.setDecoderResult(result);
      decoder.fireChannelRead(request);
    } else {
      if (outstanding == 1 && !answering) {
        ctx.writeAndFlush(Unpooled.wrappedBuffer(REFUSAL));
      }
      DefaultHttpContent content = new DefaultHttpContent(Unpooled.EMPTY_BUFFER);
      content.setDecoderResult(result);
      decoder.fireChannelRead(content);
    }
    ctx.fireChannelReadComplete();
  }

  private void arm(ChannelHandlerContext ctx, long nanos) {
    timer = ctx.executor().schedule(() -> due(ctx), nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Runs now and then, not once a request: it looks what the connection is doing and since when.
   */
  private void due(ChannelHandlerContext ctx) {
    if (dead || tunnel || !ctx.channel().isActive()) {
      return;
    }
    boolean waiting = outstanding == 0 && (scanner.inHead() || scanner.betweenMessages());
    if (!waiting) {
      arm(ctx, Math.min(headerNanos, keepAliveNanos));
      return;
    }
    boolean begun = scanner.inHead();
    long left = (used && !begun ? keepAliveNanos : headerNanos) - (ticker.nanos() - since);
    if (left > 0) {
      arm(ctx, Math.min(left, Math.min(headerNanos, keepAliveNanos)));
    } else if (begun) {
      refuse(ctx, Failure.REQUEST_TIMEOUT, "the request's head took too long", true);
    } else {
      ctx.close();
    }
  }

  private void drop() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
  }

  /** Sees answers leave, so that a busy connection is not taken for an idle one. */
  private final class Answers extends ChannelOutboundHandlerAdapter {
    private boolean interim;

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (message instanceof HttpResponse response) {
        int status = response.status().code();
        tunnel |= status == 101;
        interim = status < 200;
        answering = !interim;
      }
      if (message instanceof LastHttpContent && !interim) {
        answering = false;
        outstanding--;
        since = ticker.nanos();
      }
      ctx.write(message, promise);
    }
  }
}
