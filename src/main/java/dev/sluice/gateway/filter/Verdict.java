package dev.sluice.gateway.filter;

import dev.sluice.gateway.http.Reply;
import io.vertx.core.Future;

/** What a filter says to a request. */
public sealed interface Verdict {
  /** Go on with the next filter. */
  Verdict CONTINUE = Continue.INSTANCE;

  /** Go on; see {@link Verdict#CONTINUE}. */
  enum Continue implements Verdict {
    INSTANCE
  }

  /** Stop here and give this answer. */
  record Answer(Reply reply) implements Verdict {}

  /**
   * The filter needs time; the request's body stays paused. The future completes on the exchange's
   * loop.
   */
  record Later(Future<Verdict> next) implements Verdict {}
}
