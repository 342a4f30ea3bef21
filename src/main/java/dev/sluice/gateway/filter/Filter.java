package dev.sluice.gateway.filter;

import dev.sluice.gateway.exchange.Exchange;

/** One step on a request's way in and its answer's way out. One instance serves all loops. */
public interface Filter {
  /** Looks at the request before the action. */
  Verdict onRequest(Exchange exchange);

  /**
   * Looks at the answer's status and headers before they leave; only when {@link #onRequest} ran.
   * Reverse order.
   */
  default void onResponse(Exchange exchange) {}

  /**
   * The exchange is over; once, only when {@link #onRequest} ran; may not throw or touch headers.
   */
  default void onEnd(Exchange exchange) {}

  /**
   * Whether it answers CORS preflights, so that routes which do not list OPTIONS must still take
   * them.
   */
  default boolean answersPreflight() {
    return false;
  }
}
