package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.Verdict;
import dev.sluice.gateway.http.Reply;

/**
 * Refuses request bodies larger than a bound. Stateless; any loop.
 *
 * <p>A declared length is judged at once; a body without one is counted by the exchange while it
 * streams.
 */
public final class RequestSize implements Filter {
  private static final Verdict TOO_LARGE = new Verdict.Answer(Reply.of(Failure.BODY_TOO_LARGE));

  private final long maxBytes;

  public RequestSize(FilterConfig.RequestSize config) {
    this.maxBytes = config.maxBytes();
  }

  @Override
  public Verdict onRequest(Exchange exchange) {
    // RFC 9110 §10.1.1: a final status ahead of the body spares an "Expect: 100-continue" client
    // the upload.
    if (exchange.body().declared() > maxBytes) {
      return TOO_LARGE;
    }
    exchange.body().limit(maxBytes);
    return Verdict.CONTINUE;
  }
}
