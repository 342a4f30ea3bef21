package dev.sluice.gateway.wire;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.MessageScanner;
import dev.sluice.gateway.wire.Connections.Violation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of the client's HTTP/1 codec: lets an answer's head through only when it is whole
 * and unambiguous, follows bodies, hides interim answers other than 100 and 103 (and these, too,
 * from an upgrade), and closes the connection on anything that was not asked for or breaks RFC
 * 9112.
 *
 * <p>On the connection's event loop. Before each request the owner calls {@link #expect}.
 */
public final class Http1ResponseGuard extends ChannelInboundHandlerAdapter {
  private static final int MAX_INTERIM = 32;

  /** What refuses an upgrade is kept whole until it has ended. */
  private static final int MAX_REFUSAL_BYTES = 1 << 20;

  private final MessageScanner scanner;
  private @Nullable ByteBuf pending;
  private @Nullable Violation violation;
  private boolean expected;
  private boolean upgrade;
  private boolean connect;
  private boolean tunnel;
  private int interim;
  private long read;

  private Http1ResponseGuard(MessageScanner.Limits limits) {
    scanner = MessageScanner.ofResponses(limits);
  }

  /** Guards a fresh connection to an endpoint; null when it is not HTTP/1 and needs no guard. */
  public static @Nullable Http1ResponseGuard install(
      HttpClientConnection connection, MessageScanner.Limits limits) {
    if (!(Unwrap.of(connection) instanceof ConnectionBase base)) {
      return null;
    }
    ChannelPipeline pipeline = base.channelHandlerContext().pipeline();
    if (pipeline.get("codec") == null) {
      return null;
    }
    Http1ResponseGuard guard = new Http1ResponseGuard(limits);
    pipeline.addBefore("codec", "responseGuard", guard);
    return guard;
  }

  /**
   * Announces the request that is about to be sent. There is one at a time on a connection.
   *
   * @param method as sent; HEAD and CONNECT change how the answer is framed
   * @param upgradeAsked whether a 101 is a valid answer
   */
  public void expect(String method, boolean upgradeAsked) {
    scanner.expect(method);
    expected = true;
    upgrade = upgradeAsked;
    connect = method.equals("CONNECT");
    interim = 0;
    read = 0;
  }

  /**
   * What was found; the connection is closed then and must not be used again. Null when all is
   * well.
   */
  public @Nullable Violation violation() {
    return violation;
  }

  /** Whether nothing was found and no answer is under way. */
  public boolean reusable() {
    return violation == null && !expected && !tunnel && scanner.betweenMessages();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (tunnel || !(message instanceof ByteBuf in)) {
      ctx.fireChannelRead(message);
      return;
    }
    if (violation != null) {
      in.release();
      return;
    }
    int start = in.readerIndex();
    int end = in.writerIndex();
    int at = start;
    int head = start;
    while (at < end && violation == null && !tunnel) {
      long skippable = scanner.skippable();
      if (skippable > 0) {
        int count = (int) Math.min(skippable, end - at);
        at += count;
        if (scanner.skip(count)) {
          expected = false;
        }
        continue;
      }
      if (scanner.betweenMessages()) {
        head = at;
        if (!expected) {
          found("bytes that nobody asked for");
          break;
        }
      }
      boolean inHead = scanner.betweenMessages() || scanner.inHead();
      at += Http1RequestGuard.scan(scanner, in, at, end);
      MessageScanner.Stop stop = scanner.stop();
      if (stop == MessageScanner.Stop.BAD) {
        found(scanner.detail());
        head = inHead ? head : start;
        break;
      }
      if (stop == MessageScanner.Stop.END) {
        if (inHead && scanner.status() < 200) {
          if (interimAnswer(ctx, in, start, head, at)) {
            start = at;
            head = at;
          }
        } else {
          expected = false;
          tunnel = connect && inHead && scanner.status() < 300;
        }
      }
    }
    read += end - start;
    if (upgrade && !tunnel && violation == null && read > MAX_REFUSAL_BYTES) {
      found("too long a refusal of an upgrade");
    }
    int safe = tunnel ? end : violation != null || scanner.inHead() ? head : end;
    boolean hold = violation == null && !tunnel && scanner.inHead();
    forward(ctx, in, start, safe, hold, end);
    Violation what = violation;
    if (what != null) {
      drop();
      ctx.channel().attr(Violation.KEY).set(what);
      ctx.close();
    }
  }

  /**
   * Decides on a 1xx head in {@code [head, at)}; true when the bytes before {@code at} have been
   * dealt with.
   */
  private boolean interimAnswer(
      ChannelHandlerContext ctx, ByteBuf in, int start, int head, int at) {
    int status = scanner.status();
    if (++interim > MAX_INTERIM) {
      found("too many interim answers");
      return false;
    }
    if (status == 101) {
      if (upgrade) {
        tunnel = true;
        expected = false;
      } else {
        found("an upgrade that nobody asked for");
      }
      return false;
    }
    if ((status == 100 || status == 103) && !upgrade) {
      return false;
    }
    if (head > start) {
      forwardPending(ctx);
      ctx.fireChannelRead(in.retainedSlice(start, head - start));
    } else {
      drop();
    }
    return true;
  }

  private void forward(
      ChannelHandlerContext ctx, ByteBuf in, int start, int safe, boolean hold, int end) {
    if (safe > start) {
      forwardPending(ctx);
    }
    if (hold) {
      if (pending == null) {
        pending = ctx.alloc().buffer(Math.max(512, end - safe));
      }
      pending.writeBytes(in, safe, end - safe);
    }
    if (safe > start) {
      in.setIndex(start, safe);
      ctx.fireChannelRead(in);
    } else {
      in.release();
    }
  }

  private void forwardPending(ChannelHandlerContext ctx) {
    ByteBuf first = pending;
    if (first != null) {
      pending = null;
      ctx.fireChannelRead(first);
    }
  }

  private void found(String detail) {
    violation = new Violation(Failure.UPSTREAM_PROTOCOL_ERROR, detail);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    drop();
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    drop();
  }

  private void drop() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
  }

  /**
   * The connection inside the wrapper that {@code HttpClientAgent.connect} hands out; it has no
   * accessor.
   */
  static final class Unwrap {
    private static final Field ACTUAL = actual();

    static Object of(HttpConnection connection) {
      try {
        return connection instanceof UnpooledHttpClientConnection
            ? ACTUAL.get(connection)
            : connection;
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }

    private static Field actual() {
      try {
        Field field = UnpooledHttpClientConnection.class.getDeclaredField("actual");
        field.setAccessible(true);
        return field;
      } catch (NoSuchFieldException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
