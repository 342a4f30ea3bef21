package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.resilience.Timers.Timer;
import dev.sluice.gateway.upstream.Lease;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.HostAndPort;
import org.jspecify.annotations.Nullable;

/**
 * One try of an exchange on one upstream connection: writes the request, hears the answer. Tells
 * its {@link AttemptLoop} once that it failed, or that the answer's head is there. Confined to the
 * exchange's loop.
 */
final class UpstreamCall implements Handler<Throwable> {
  /** Answers below 100,000 bytes are short. */
  private static final int SHORT_DIGITS = 5;

  private static final long DISCARD_NANOS = 1_000_000_000L;

  private final AttemptLoop loop;
  private final Exchange exchange;
  private final Lease lease;
  private @Nullable HttpClientRequest request;
  private boolean requestEnded;
  private boolean over;

  UpstreamCall(AttemptLoop loop, Exchange exchange, Lease lease) {
    this.loop = loop;
    this.exchange = exchange;
    this.lease = lease;
  }

  Lease lease() {
    return lease;
  }

  /** Whether the request has been written whole. */
  boolean requestEnded() {
    return requestEnded;
  }

  /** Sends the request's head, and its body as it comes. */
  void send(
      String uri, MultiMap headers, @Nullable HostAndPort authority, @Nullable RequestPipe pipe) {
    Future<HttpClientRequest> opened = lease.connection().request();
    if (opened.succeeded()) {
      send(opened.result(), uri, headers, authority, pipe);
      return;
    }
    opened.onComplete((ready, cause) -> {
      if (over) {
        if (ready != null) {
          ready.exceptionHandler(this);
          Watched.quietly(ready.reset());
        }
      } else if (ready != null) {
        send(ready, uri, headers, authority, pipe);
      } else {
        handle(cause);
      }
    });
  }

  private void send(
      HttpClientRequest ready,
      String uri,
      MultiMap headers,
      @Nullable HostAndPort authority,
      @Nullable RequestPipe pipe) {
    request = ready;
    HttpMethod method = exchange.request().method();
    lease.expect(method.name());
    ready.setMethod(method).setURI(uri);
    ready.headers().setAll(headers);
    if (authority != null) {
      ready.authority(authority);
    }
    ready.exceptionHandler(this);
    ready.earlyHintsHandler(loop);
    ready.response().onComplete(this::answered);
    if (pipe == null) {
      requestEnded = true;
      Watched.quietly(ready.end());
      return;
    }
    ready.drainHandler(nothing -> pipe.drained());
    if (exchange.body().declared() < 0) {
      ready.setChunked(true);
    }
    if (headers.contains(io.vertx.core.http.HttpHeaders.EXPECT)) {
      // RFC 9110 §10.1.1: the upstream decides whether the body is wanted; the head must be with it
      // first.
      ready.continueHandler(nothing -> loop.proceed());
      Watched.quietly(ready.sendHead());
    }
    pipe.attach(this);
  }

  /** Writes the next bytes of the body. */
  void write(Buffer chunk, boolean last) {
    HttpClientRequest open = request;
    if (over || requestEnded || open == null) {
      return;
    }
    if (last) {
      requestEnded = true;
      Watched.quietly(open.end(chunk));
    } else {
      Watched.quietly(open.write(chunk));
    }
  }

  /** The body is complete. */
  void finish() {
    HttpClientRequest open = request;
    if (!over && !requestEnded && open != null) {
      requestEnded = true;
      Watched.quietly(open.end());
    }
  }

  /** Whether the connection takes no more for now. */
  boolean writeQueueFull() {
    HttpClientRequest open = request;
    return open != null && !over && !requestEnded && open.writeQueueFull();
  }

  private void answered(AsyncResult<HttpClientResponse> result) {
    if (result.succeeded()) {
      result.result().exceptionHandler(this); // without one Vert.x logs an error for each reset
      if (!over) {
        loop.answered(this, result.result());
      }
    } else {
      handle(result.cause());
    }
  }

  /** The connection or the stream broke. */
  @Override
  public void handle(Throwable cause) {
    if (!over) {
      over = true;
      lease.release(false);
      loop.broke(this, cause);
    }
  }

  /** The answer came whole: the connection may serve others if the request went out whole too. */
  void complete() {
    if (!over) {
      over = true;
      if (!requestEnded) {
        reset();
      }
      lease.release(requestEnded);
    }
  }

  /**
   * The answer is not wanted, since there will be another attempt; a short one is read, so that its
   * connection stays.
   */
  void discard(HttpClientResponse response) {
    String length = response.getHeader(io.vertx.core.http.HttpHeaders.CONTENT_LENGTH);
    if (over
        || lease.multiplexed()
        || !requestEnded
        || length == null
        || length.length() > SHORT_DIGITS) {
      cancel();
      return;
    }
    over = true;
    Timer bound = exchange.loop().timers().timer(this::giveUp);
    bound.at(exchange.loop().ticker().nanos() + DISCARD_NANOS);
    response.handler(chunk -> {});
    response.exceptionHandler(cause -> giveBack(bound, false));
    response.endHandler(nothing -> giveBack(bound, true));
  }

  private void giveUp() {
    reset();
    lease.release(false);
  }

  private void giveBack(Timer bound, boolean whole) {
    if (bound.armed()) {
      bound.cancel();
      lease.release(whole);
    }
  }

  /** Nobody wants the answer any more. */
  void cancel() {
    if (!over) {
      over = true;
      reset();
      lease.release(false);
    }
  }

  private void reset() {
    HttpClientRequest open = request;
    if (open != null) {
      Watched.quietly(open.reset(0x8)); // CANCEL, RFC 9113 §7
    }
  }
}
