package dev.sluice.gateway.wire;

import dev.sluice.gateway.http.FrameBudget;
import dev.sluice.gateway.http.PseudoRules;
import dev.sluice.gateway.http.StreamHistory;
import dev.sluice.gateway.resilience.Ticker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of the server's HTTP/2 codec and looks at the head of each frame as it passes
 * (RFC 9113 §4.1). It ends connections that use streams which are over or were skipped (§5.1,
 * §5.1.1), that send frames without use by the thousand (§10.5), that do not finish a head in time
 * or have had no stream for long; and it drops what was on its way to a stream that this side has
 * reset or refused, which the codec takes for an error.
 *
 * <p>Frames are neither copied nor changed. On the connection's event loop; one timer a connection,
 * nothing is scheduled for a request.
 */
public final class Http2Guard extends ChannelDuplexHandler {
  private static final String NAME = "frames";
  private static final int FRAME_HEAD = 9;
  private static final int PREFACE = 24;

  /** A written piece above this carries a head or data; control frames are smaller. */
  private static final int CONTROL_BYTES = 17;

  private final Ticker ticker;
  private final long headerNanos;
  private final long keepAliveNanos;
  private final StreamHistory streams = new StreamHistory();
  private final FrameBudget budget;
  private final byte[] head = new byte[FRAME_HEAD];

  private @Nullable Http2ConnectionHandler codec;
  private @Nullable Future<?> timer;
  private int held;
  private int left = PREFACE;
  private int passed;
  private boolean dropping;
  private boolean inBlock;
  private boolean dead;
  private long since;
  private long blockSince;

  private Http2Guard(Http1RequestGuard.Settings settings, long since) {
    ticker = settings.ticker();
    headerNanos = settings.headerTimeout().toNanos();
    keepAliveNanos = settings.keepAlive().toNanos();
    this.since = since;
    budget = new FrameBudget(since);
  }

  /**
   * Guards a connection before its first byte is decoded, and joins its flushes.
   *
   * @param after the handler that will put the codec behind itself; null when the codec is there
   * @param since when the connection began
   */
  static void install(
      ChannelPipeline pipeline,
      Http1RequestGuard.Settings settings,
      @Nullable String after,
      long since) {
    JoinedFlushes flushes = new JoinedFlushes();
    ChannelHandlerContext tls = pipeline.context(SslHandler.class);
    if (tls == null) {
      pipeline.addFirst("flushes", flushes);
    } else {
      pipeline.addAfter(tls.name(), "flushes", flushes);
    }
    Http2Guard guard = new Http2Guard(settings, since);
    if (after == null) {
      pipeline.addBefore(pipeline.context(Http2ConnectionHandler.class).name(), NAME, guard);
    } else {
      pipeline.addAfter(after, NAME, guard);
    }
  }

  /**
   * Adds the rules for heads; call it from {@code HttpServer.connectionHandler}, which runs when
   * the client's first SETTINGS were read. Does nothing on HTTP/1.
   */
  public static void complete(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      Http2ConnectionHandler codec =
          base.channelHandlerContext().pipeline().get(Http2ConnectionHandler.class);
      if (codec != null) {
        codec.decoder().frameListener(new HeadRules(codec.decoder().frameListener()));
      }
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    arm(ctx, Math.min(headerNanos, keepAliveNanos) - (ticker.nanos() - since));
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    stop();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    stop();
    ctx.fireChannelInactive();
  }

  private void stop() {
    dead = true;
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes && bytes.readableBytes() > CONTROL_BYTES) {
      budget.used();
    }
    ctx.write(message, promise);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf in)) {
      ctx.fireChannelRead(message);
      return;
    }
    passed = in.readerIndex();
    int at = passed;
    int end = in.writerIndex();
    while (at < end && !dead) {
      if (left > 0) {
        int step = Math.min(left, end - at);
        left -= step;
        at += step;
        if (dropping) {
          passed = at;
        }
      } else if (held == 0 && end - at >= FRAME_HEAD) {
        in.getBytes(at, head);
        begin(ctx, in, at);
        at += FRAME_HEAD;
        if (dropping) {
          passed = at;
        }
      } else {
        // A head in parts waits until it is whole: what it begins may have to be dropped.
        pass(ctx, in, at);
        int step = Math.min(FRAME_HEAD - held, end - at);
        in.getBytes(at, head, held, step);
        held += step;
        at += step;
        passed = at;
        if (held == FRAME_HEAD) {
          held = 0;
          begin(ctx, in, at);
          if (!dropping && !dead) {
            ctx.fireChannelRead(Unpooled.copiedBuffer(head));
          }
        }
      }
    }
    if (dead || passed == at) {
      in.release();
    } else {
      ctx.fireChannelRead(in.setIndex(passed, at));
    }
  }

  /** Hands on what is before this place. */
  private void pass(ChannelHandlerContext ctx, ByteBuf in, int at) {
    if (at > passed && !dead) {
      int from = passed;
      passed = at;
      ctx.fireChannelRead(in.retainedSlice(from, at - from));
    }
  }

  /** A frame's head is whole: it stands in {@link #head}, and at this place of the buffer. */
  private void begin(ChannelHandlerContext ctx, ByteBuf in, int at) {
    left = (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff;
    dropping = false;
    Http2ConnectionHandler known = codec(ctx);
    if (known == null || inBlock && head[3] != Http2FrameTypes.CONTINUATION) {
      return; // RFC 9113 §6.10: what comes within a block the codec refuses
    }
    int stream =
        (head[5] & 0x7f) << 24 | (head[6] & 0xff) << 16 | (head[7] & 0xff) << 8 | head[8] & 0xff;
    int flags = head[4];
    switch (head[3]) {
      case Http2FrameTypes.HEADERS -> {
        inBlock = (flags & Http2Flags.END_HEADERS) == 0;
        if (inBlock) {
          blockSince = ticker.nanos();
        }
        if ((stream & 1) == 1 && stream > streams.last()) {
          streams.begin(stream);
          budget.used();
        } else if ((stream & 1) == 1) {
          pass(ctx, in, at);
          again(ctx, known, stream);
        }
      }
      case Http2FrameTypes.DATA -> {
        if (left > 0 || (flags & Http2Flags.END_STREAM) != 0) {
          budget.used();
        } else {
          useless(ctx, known);
        }
        if (left <= Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE && lost(ctx, in, at, known, stream)) {
          forget(ctx, known);
        }
      }
      case Http2FrameTypes.RST_STREAM, Http2FrameTypes.WINDOW_UPDATE -> {
        useless(ctx, known);
        dropping =
            stream > known.connection().remote().lastStreamCreated()
                && left == Integer.BYTES
                && lost(ctx, in, at, known, stream);
      }
      case Http2FrameTypes.CONTINUATION -> inBlock &= (flags & Http2Flags.END_HEADERS) == 0;
      case Http2FrameTypes.PUSH_PROMISE, Http2FrameTypes.GO_AWAY -> {}
      default -> useless(ctx, known);
    }
  }

  private @Nullable Http2ConnectionHandler codec(ChannelHandlerContext ctx) {
    Http2ConnectionHandler known = codec;
    if (known == null) {
      known = ctx.pipeline().get(Http2ConnectionHandler.class);
      if (known != null) {
        codec = known;
        known.connection().addListener(new Ends(known.connection()));
      }
    }
    return known;
  }

  /** HEADERS with a number that is not the largest: trailers, or an error. */
  private void again(ChannelHandlerContext ctx, Http2ConnectionHandler known, int id) {
    Http2Connection connection = known.connection();
    Http2Stream stream = connection.stream(id);
    if (dead || connection.goAwaySent() && stream == null) {
      return;
    }
    if (stream != null) {
      if (stream.state() == Http2Stream.State.HALF_CLOSED_REMOTE && !stream.isResetSent()) {
        fail(ctx, known, Http2Error.STREAM_CLOSED, "HEADERS after END_STREAM");
      }
    } else if (streams.knows(id) && !streams.begun(id)) {
      fail(ctx, known, Http2Error.PROTOCOL_ERROR, "a stream below one that was used");
    } else if (!streams.knows(id) || streams.ended(id)) {
      fail(ctx, known, Http2Error.STREAM_CLOSED, "HEADERS on a stream that is over");
    } else if (id > connection.remote().lastStreamCreated()) {
      // The codec refused its first HEADERS and knows nothing of it: it would take these for a
      // request.
      try {
        connection.remote().createStream(id, true).close();
      } catch (Http2Exception refused) {
        return; // and refuses these in the same way
      }
    }
  }

  /** Whether a frame is for a stream that this side has reset or refused and forgotten since. */
  private boolean lost(
      ChannelHandlerContext ctx, ByteBuf in, int at, Http2ConnectionHandler known, int stream) {
    if (stream > streams.last() || known.connection().stream(stream) != null || dead) {
      return false;
    }
    pass(ctx, in, at); // it may begin in what was not decoded yet
    return known.connection().stream(stream) == null
        && streams.begun(stream)
        && !streams.ended(stream);
  }

  /** Drops DATA, and gives its bytes back to the connection's window (RFC 9113 §6.9). */
  private void forget(ChannelHandlerContext ctx, Http2ConnectionHandler known) {
    try {
      known
          .decoder()
          .flowController()
          .receiveFlowControlledFrame(null, Unpooled.EMPTY_BUFFER, left, false);
      dropping = true;
    } catch (Http2Exception exceeded) {
      fail(ctx, known, exceeded.error(), "DATA beyond the connection's window");
    }
  }

  private void useless(ChannelHandlerContext ctx, Http2ConnectionHandler known) {
    if (budget.wasted() && budget.spent(ticker.nanos())) {
      fail(ctx, known, Http2Error.ENHANCE_YOUR_CALM, "too many frames without use");
    }
  }

  private void fail(
      ChannelHandlerContext ctx, Http2ConnectionHandler known, Http2Error error, String why) {
    if (dead || !known.decoder().prefaceReceived()) {
      return; // the codec says so itself
    }
    stop();
    known.onError(ctx.pipeline().context(known), false, Http2Exception.connectionError(error, why));
  }

  private void arm(ChannelHandlerContext ctx, long nanos) {
    timer = ctx.executor().schedule(() -> due(ctx), Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  /** Runs now and then, not once a request: it looks what the connection waits for. */
  private void due(ChannelHandlerContext ctx) {
    if (dead || !ctx.channel().isActive()) {
      return;
    }
    Http2ConnectionHandler known = codec;
    long now = ticker.nanos();
    if (inBlock && known != null && now - blockSince >= headerNanos) {
      fail(ctx, known, Http2Error.ENHANCE_YOUR_CALM, "a head took too long");
      return;
    }
    long wait = Math.min(headerNanos, keepAliveNanos);
    if (known == null || known.connection().numActiveStreams() == 0) {
      boolean greeted = known != null && known.decoder().prefaceReceived();
      long idle = (greeted ? keepAliveNanos : headerNanos) - (now - since);
      if (idle <= 0) {
        ctx.channel().close(); // the codec says GOAWAY first
        return;
      }
      wait = Math.min(wait, idle);
    }
    arm(ctx, wait);
  }

  /** Is told how streams end. */
  private final class Ends extends Http2ConnectionAdapter {
    private final Http2Connection connection;

    Ends(Http2Connection connection) {
      this.connection = connection;
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
      if (!stream.isResetSent()) {
        streams.end(stream.id());
      }
      if (connection.numActiveStreams() == 0) {
        since = ticker.nanos();
      }
    }
  }

  /** Looks at heads when they were decoded, before Vert.x takes them apart. */
  private static final class HeadRules extends Http2FrameListenerDecorator {
    HeadRules(Http2FrameListener next) {
      super(next);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      check(stream, headers);
      super.onHeadersRead(ctx, stream, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end)
        throws Http2Exception {
      check(stream, headers);
      super.onHeadersRead(ctx, stream, headers, dependency, weight, exclusive, padding, end);
    }

    private static void check(int stream, Http2Headers headers) throws Http2Exception {
      CharSequence method = headers.method();
      if (method == null) {
        return; // trailers; or Vert.x refuses it
      }
      String malformed =
          PseudoRules.malformed(
              method,
              headers.scheme(),
              headers.get(Http2Headers.PseudoHeaderName.PROTOCOL.value()));
      CharSequence host = headers.get(HttpHeaderNames.HOST);
      if (host != null) {
        CharSequence authority = headers.authority();
        if (headers.getAll(HttpHeaderNames.HOST).size() > 1) {
          malformed = "more than one Host";
        } else if (authority != null) {
          if (PseudoRules.same(authority, host)) {
            // Vert.x would fall back to it, or compare the two by case.
            headers.remove(HttpHeaderNames.HOST);
          } else {
            malformed = "Host differs from :authority";
          }
        }
      }
      if (malformed != null) {
        throw Http2Exception.streamError(stream, Http2Error.PROTOCOL_ERROR, malformed);
      }
    }
  }

  /**
   * Joins the flushes of one turn of the loop, and never flushes in the midst of a write.
   *
   * <p>Netty's own handler does when a write fills the channel. Writes before it are complete then,
   * whoever waits for them writes more, and HTTP/2's flow control finds another piece in the very
   * frame that it is writing: its counts of the window and of the bytes that wait are wrong for
   * good. The flush is not lost, it comes at the end of the turn. Confined to its loop.
   */
  static final class JoinedFlushes extends FlushConsolidationHandler {
    /** Flushes that may be joined into one. */
    private static final int MOST = 256;

    JoinedFlushes() {
      super(MOST, true);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      ctx.fireChannelWritabilityChanged();
    }
  }
}
