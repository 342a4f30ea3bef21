package dev.sluice.gateway.exchange;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * Writes an answer that the gateway makes piece by piece, at the pace at which its client takes it.
 * Confined to the exchange's loop.
 */
public final class BodyWriter {
  private final Exchange exchange;
  private final Work work;
  private final Runnable resume;
  private final HttpServerResponse to;
  private boolean draining;
  private boolean waiting;

  /**
   * @param resume run when the client takes more again, after {@link #full()} was true
   */
  public BodyWriter(Exchange exchange, Work work, Runnable resume) {
    this.exchange = exchange;
    this.work = work;
    this.resume = resume;
    this.to = exchange.response();
    work.onUnseen(this::goOn);
  }

  /** Sends the head; a failure after it cuts the answer off. */
  public void begin(int status, MultiMap headers) {
    if (exchange.ended() || exchange.clientGone()) {
      return;
    }
    to.setStatusCode(status);
    to.headers().addAll(headers);
    if (exchange.request().version() == HttpVersion.HTTP_1_1) {
      to.setChunked(true);
    } else if (exchange.request().version() == HttpVersion.HTTP_1_0) {
      exchange.closeAfter(); // the body's end is the connection's end, RFC 9112 §6.3
    }
    exchange.beforeHead();
    work.headSent();
  }

  /** Whether the client takes no more for now. A client that has left takes everything. */
  public boolean full() {
    return waiting;
  }

  /** The next bytes. */
  public void write(Buffer chunk) {
    if (exchange.ended() || exchange.clientGone() || "HEAD".equals(exchange.method())) {
      return;
    }
    exchange.sent(chunk.length());
    exchange.touch();
    Watched.quietly(to.write(chunk));
    if (to.writeQueueFull()) {
      waiting = true;
      work.clientWaits();
      if (!draining) {
        draining = true;
        to.drainHandler(this::drained);
      }
    }
  }

  private void drained(@Nullable Void nothing) {
    if (waiting && !exchange.ended()) {
      waiting = false;
      work.clientTook();
      resume.run();
    }
  }

  /** There is nobody to wait for. */
  private void goOn() {
    if (waiting) {
      waiting = false;
      resume.run();
    }
  }

  /** That was all; the exchange ends. */
  public void end() {
    if (!exchange.ended() && !exchange.clientGone()) {
      Watched.quietly(to.end());
    }
    work.finish();
  }
}
