package dev.sluice.gateway.proxy;

import dev.sluice.gateway.config.RouteConfig.ErrorPage;
import dev.sluice.gateway.exchange.Answers;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Watch.Wait;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.http.Forwarded;
import dev.sluice.gateway.http.HopByHop;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * Streams an upstream's answer to the client: head, body with back-pressure, trailers.
 *
 * <p>Writes are what costs. So the head waits for the body's first bytes when these came in the
 * same read, and a body that came whole goes out in one write with its head; whatever else is
 * written as it comes, at the latest at the end of the event loop's turn. Confined to the
 * exchange's loop.
 */
final class AnswerPipe implements Handler<Buffer> {
  /**
   * A stream that was paused needs some turns of the event loop to hand over what it holds; these
   * cost next to nothing.
   */
  private static final int QUIET_TURNS = 64;

  private static final CharSequence EVENT_STREAM = "text/event-stream";

  private final AttemptLoop loop;
  private final Exchange exchange;
  private final ForwardPlan plan;
  private final UpstreamCall call;
  private final HttpClientResponse from;
  private final HttpServerResponse to;
  private final int status;
  private long length = -1;
  private boolean headWritten;
  private boolean written;
  private boolean ended;
  private boolean discard;
  private boolean untilClose;
  private boolean draining;
  private boolean heldBack;
  private @Nullable Runnable shortEnd;
  private long chunks;
  private long chunksSeen;
  private int quietTurns;

  AnswerPipe(
      AttemptLoop loop,
      Exchange exchange,
      ForwardPlan plan,
      UpstreamCall call,
      HttpClientResponse from) {
    this.loop = loop;
    this.exchange = exchange;
    this.plan = plan;
    this.call = call;
    this.from = from;
    this.to = exchange.response();
    this.status = from.statusCode();
  }

  /** Takes over in the turn in which the head came. */
  void begin() {
    ErrorPage page =
        status >= 400 && !exchange.clientGone() ? Answers.page(exchange, status) : null;
    if (page != null) {
      loop.replaced(status, Answers.reply(status, page));
      return;
    }
    from.handler(this);
    from.endHandler(this::end);
    if (exchange.clientGone()) {
      discard = true;
      exchange.await(Wait.IDLE, plan.idleNanos());
      return;
    }
    prepareHead();
    exchange.loop().turn().defer(this::flushHead);
  }

  private void prepareHead() {
    MultiMap headers = from.headers();
    untilClose =
        !call.lease().multiplexed()
            && !headers.contains(HttpHeaders.CONTENT_LENGTH)
            && !headers.contains(HttpHeaders.TRANSFER_ENCODING);
    HopByHop.strip(headers);
    Forwarded.via(
        headers, from.version() == HttpVersion.HTTP_2, from.version() == HttpVersion.HTTP_1_0);
    MultiMap out = to.headers();
    to.setStatusCode(status);
    out.addAll(headers);
    String sticky = loop.stickyCookie();
    if (sticky != null) {
      out.add(HttpHeaders.SET_COOKIE, sticky);
    }
    boolean bodyless = bodyless();
    String declared = out.get(HttpHeaders.CONTENT_LENGTH);
    if (status == 204) {
      out.remove(HttpHeaders.CONTENT_LENGTH); // RFC 9110 §8.6
      length = 0;
    } else if (bodyless) {
      length = 0;
    } else if (declared != null) {
      length = parse(declared);
    } else if (exchange.request().version() == HttpVersion.HTTP_1_1) {
      to.setChunked(true);
    } else if (exchange.request().version() == HttpVersion.HTTP_1_0) {
      exchange.closeAfter(); // the body's end is the connection's end, RFC 9112 §6.3
    }
    exchange.beforeHead();
    String type = out.get(HttpHeaders.CONTENT_TYPE);
    boolean stream =
        exchange.grpc()
            || (type != null
                && type.regionMatches(true, 0, "text/event-stream", 0, EVENT_STREAM.length()));
    exchange.await(Wait.IDLE, stream ? plan.streamIdleNanos() : plan.idleNanos());
  }

  private boolean bodyless() {
    return status == 304 || "HEAD".equals(exchange.method());
  }

  private static long parse(String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException malformed) {
      return -1;
    }
  }

  /**
   * At the end of the turn: a head whose body has not begun goes out alone, so that nobody waits
   * for it.
   */
  private void flushHead() {
    if (!headWritten && !ended && !discard && length != 0 && !exchange.ended()) {
      headWritten = true;
      if (to.headers().contains(HttpHeaders.CONTENT_LENGTH) || to.isChunked()) {
        Watched.quietly(to.writeHead());
      } else {
        Watched.quietly(to.write(Buffer.buffer()));
      }
    }
  }

  @Override
  public void handle(Buffer chunk) {
    if (exchange.ended()) {
      return;
    }
    exchange.touch();
    chunks++;
    if (discard) {
      return;
    }
    int size = chunk.length();
    exchange.sent(size);
    if (length >= 0 && exchange.bytesOut() == length && !call.lease().multiplexed()) {
      headWritten = true;
      written = true;
      Watched.quietly(to.end(chunk));
      return;
    }
    headWritten = true;
    Watched.quietly(to.write(chunk));
    if (to.writeQueueFull()) {
      heldBack = true;
      from.pause();
      if (!draining) {
        draining = true;
        to.drainHandler(this::drained);
      }
    }
  }

  private void drained(@Nullable Void nothing) {
    if (!exchange.ended()) {
      exchange.touch();
      flow();
    }
  }

  private void flow() {
    heldBack = false;
    from.resume();
    if (shortEnd != null) {
      quietTurns = 0;
      exchange.loop().turn().defer(this::flowed);
    }
  }

  /** The connection is closed: when nothing comes although nothing is held back, that was all. */
  private void flowed() {
    Runnable handler = shortEnd;
    if (heldBack || ended || handler == null) {
      return;
    }
    if (chunks != chunksSeen) {
      chunksSeen = chunks;
      quietTurns = 0;
    } else if (++quietTurns > QUIET_TURNS) {
      if (untilClose) {
        end(null); // the close was the body's end, RFC 9112 §6.3, which Vert.x may swallow
      } else {
        handler.run();
      }
      return;
    }
    exchange.loop().turn().defer(this::flowed);
  }

  /** Whether the client is slow, so that bytes of the upstream wait. */
  boolean heldBack() {
    return heldBack;
  }

  /**
   * The connection is closed, which Vert.x says before it hands over what it still holds: {@code
   * handler} runs when that turns out not to be the rest of the answer.
   */
  void endsShort(Runnable handler) {
    shortEnd = handler;
    if (!heldBack) {
      exchange.loop().turn().defer(this::flowed);
    }
  }

  private void end(@Nullable Void nothing) {
    if (ended || exchange.ended()) {
      return;
    }
    ended = true;
    if (!discard && !written) {
      MultiMap trailers = from.trailers();
      if (!trailers.isEmpty()) {
        HopByHop.strip(trailers);
        to.trailers().addAll(trailers);
      }
      Watched.quietly(to.end());
    }
    call.complete();
    loop.completed(status);
  }

  /** The client left, but the answer is to be read to its end. */
  void drain() {
    discard = true;
    flow();
  }
}
