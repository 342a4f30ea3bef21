package dev.sluice.gateway.exchange;

/** How an exchange leaves its client's connection behind. On the exchange's loop. */
final class Departure {
  /** How long a body that nobody wants is read before the connection closes. */
  private static final long LINGER_NANOS = 2_000_000_000L;

  private static final long NO_ERROR = 0x0;
  private static final long INTERNAL_ERROR = 0x2;

  private Departure() {}

  /**
   * The answer is written: what is left is an unread body, and a connection that may have to close.
   */
  static void after(Exchange exchange) {
    boolean read = exchange.body().ended();
    if (exchange.http2()) {
      if (!read) {
        exchange.body().discard();
        // A reset drops what flow control still holds back, so it waits for the answer to be on its
        // way.
        later(exchange, () -> stop(exchange));
      }
    } else if (!read) {
      // Closing with unread bytes would reset the connection and could destroy the answer under way
      // (RFC 9112 §9.6).
      exchange.body().discard();
      later(exchange, () -> close(exchange));
    } else if (exchange.closing()) {
      close(exchange);
    }
  }

  private static void later(Exchange exchange, Runnable end) {
    Loop loop = exchange.loop();
    loop.timers().timer(end).at(loop.ticker().nanos() + LINGER_NANOS);
  }

  private static void stop(Exchange exchange) {
    if (!exchange.body().ended()) {
      Watched.quietly(exchange.response().reset(NO_ERROR)); // the answer is complete, RFC 9113 §8.1
    }
  }

  /** The unwanted body came to its end. */
  static void bodyRead(Exchange exchange) {
    if (exchange.closing() && !exchange.http2()) {
      close(exchange);
    }
  }

  /**
   * RFC 9112 §8: an answer without its last chunk, or short of its length, is seen to be
   * incomplete.
   */
  static void cutOff(Exchange exchange) {
    if (exchange.http2()) {
      Watched.quietly(exchange.response().reset(INTERNAL_ERROR));
    } else {
      close(exchange);
    }
  }

  private static void close(Exchange exchange) {
    Watched.quietly(exchange.request().connection().close());
  }
}
