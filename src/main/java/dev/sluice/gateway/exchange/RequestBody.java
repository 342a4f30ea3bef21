package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request: held back until someone takes it, counted, bounded, and watched for a
 * client that stalls.
 *
 * <p>Confined to the exchange's loop.
 */
public final class RequestBody implements Handler<Buffer> {
  private final Exchange exchange;
  private final HttpServerRequest request;
  private final long declared;

  private long limit = Long.MAX_VALUE;
  private long bytes;
  private boolean listening;
  private boolean paused;
  private boolean ended;
  private @Nullable BodySink sink;
  private @Nullable Buffer held;

  /**
   * @param declared its length; 0 for none, -1 when only its end will tell
   */
  RequestBody(Exchange exchange, HttpServerRequest request, long declared) {
    this.exchange = exchange;
    this.request = request;
    this.declared = declared;
    this.ended = declared == 0;
  }

  /** Its length; 0 for none, -1 when only its end will tell. */
  public long declared() {
    return ended && bytes == 0 ? 0 : declared;
  }

  /** Whether its last byte has come from the client (it may still be held for the sink). */
  public boolean ended() {
    return ended;
  }

  /** Whether there is nothing to stream. */
  public boolean isEmpty() {
    return ended && held == null && bytes == 0;
  }

  /** Bytes that came. */
  public long bytes() {
    return bytes;
  }

  /** Refuses more bytes than this; the smallest bound counts. */
  public void limit(long maxBytes) {
    limit = Math.min(limit, maxBytes);
  }

  /** The bound in force; {@code Long.MAX_VALUE} when there is none. */
  public long limit() {
    return limit;
  }

  /**
   * Holds the body back. Called in the turn in which the head came.
   *
   * <p>An HTTP/2 request without content-length tells only by its end of stream that it has no
   * body, and a paused request does not tell it; so that one is listened to, and its first chunk
   * pauses it.
   */
  void hold() {
    if (declared < 0 && exchange.http2()) {
      listen();
    } else {
      request.pause();
      paused = true;
    }
  }

  /** Hands the body to {@code sink}, from its beginning, and lets it flow. Once at most. */
  public void stream(BodySink sink) {
    this.sink = sink;
    Buffer first = held;
    held = null;
    if (first != null) {
      sink.chunk(first);
    }
    if (ended) {
      sink.end();
      return;
    }
    listen();
    resume();
  }

  /** Holds back what follows. */
  public void pause() {
    if (!paused && !ended) {
      paused = true;
      request.pause();
    }
  }

  /** Lets it flow again. */
  public void resume() {
    if (paused && !ended) {
      paused = false;
      request.resume();
    }
  }

  /** Whether the sink, and not the client, makes it wait. */
  public boolean paused() {
    return paused;
  }

  /**
   * Reads all of it into one buffer of at most {@code maxBytes}; what was read so is streamed again
   * if asked for.
   */
  public Future<Buffer> readAll(long maxBytes) {
    Promise<Buffer> promise = Promise.promise();
    limit(maxBytes);
    if (declared > limit) {
      promise.fail(
          new Failed(Failure.BODY_TOO_LARGE, "the body is larger than " + limit + " bytes"));
      return promise.future();
    }
    exchange.await(Watch.Wait.BODY, exchange.ingress().bodyIdleNanos());
    invite();
    stream(new Collector(promise));
    return promise.future();
  }

  /**
   * RFC 9110 §10.1.1: where the gateway itself takes the body, it is the one to ask a client for it
   * that waits to be asked.
   */
  public void invite() {
    if (!ended && bytes == 0 && expectsContinue()) {
      Watched.quietly(exchange.response().writeContinue());
    }
  }

  private boolean expectsContinue() {
    return !exchange.http2()
        && exchange.requestHeaders().contains(HttpHeaders.EXPECT)
        && request.version() == HttpVersion.HTTP_1_1;
  }

  /** Lets the rest go by unread. */
  void discard() {
    sink = null;
    held = null;
    if (!ended) {
      listen();
      resume();
    }
  }

  private void listen() {
    if (!listening) {
      listening = true;
      request.handler(this);
      request.endHandler(this::handleEnd);
      request.exceptionHandler(this::handleException);
    }
  }

  @Override
  public void handle(Buffer chunk) {
    bytes += chunk.length();
    exchange.touch();
    BodySink taker = sink;
    if (bytes > limit) {
      sink = null;
      if (taker != null) {
        taker.failed(Failure.BODY_TOO_LARGE, "the body is larger than " + limit + " bytes");
      }
      return;
    }
    if (taker != null) {
      taker.chunk(chunk);
    } else if (!exchange.ended()) {
      held = held == null ? chunk : held.copy().appendBuffer(chunk);
      pause();
    }
  }

  private void handleEnd(@Nullable Void nothing) {
    ended = true;
    BodySink taker = sink;
    if (taker != null) {
      taker.end();
    } else {
      exchange.discarded();
    }
  }

  private void handleException(Throwable cause) {
    if (ended || exchange.clientGone(cause)) {
      return;
    }
    ended = true;
    BodySink taker = sink;
    sink = null;
    if (taker != null) {
      taker.failed(Failure.BAD_REQUEST, "the body is malformed");
    }
  }

  /** The client sent nothing for too long. */
  void stalled() {
    BodySink taker = sink;
    sink = null;
    if (taker != null) {
      taker.failed(Failure.REQUEST_TIMEOUT, "the body did not come in time");
    }
  }

  /** Puts the body together; keeps it so that an action may still stream it. */
  private final class Collector implements BodySink {
    private final Promise<Buffer> promise;
    private @Nullable Buffer all;
    private boolean copied;

    Collector(Promise<Buffer> promise) {
      this.promise = promise;
    }

    @Override
    public void chunk(Buffer chunk) {
      // The first chunk may be the only one: it is copied only when there are more.
      if (all == null) {
        all = chunk;
      } else {
        all = (copied ? all : all.copy()).appendBuffer(chunk);
        copied = true;
      }
    }

    @Override
    public void end() {
      sink = null;
      held = all;
      promise.tryComplete(all == null ? Buffer.buffer() : all);
    }

    @Override
    public void failed(Failure failure, String detail) {
      promise.tryFail(new Failed(failure, detail));
    }
  }
}
