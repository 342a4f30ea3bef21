package dev.sluice.gateway.filter;

import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Hooks;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An ordered list of filters, run for an exchange. Immutable: how far an exchange came stands in
 * the exchange itself, so that one chain serves all loops and running it allocates nothing.
 */
public final class FilterChain implements Hooks {
  private static final Logger LOG = LoggerFactory.getLogger(FilterChain.class);

  private final Filter[] filters;
  private final boolean preflight;

  public FilterChain(List<Filter> filters) {
    this.filters = filters.toArray(new Filter[0]);
    this.preflight = filters.stream().anyMatch(Filter::answersPreflight);
  }

  /** Whether there is nothing to run. */
  public boolean isEmpty() {
    return filters.length == 0;
  }

  /** Whether one of the filters answers CORS preflights. */
  public boolean answersPreflight() {
    return preflight;
  }

  /**
   * Runs the request phase and then the action, or gives the answer of the first filter that has
   * one. The request's body is paused and stays so. On the exchange's loop; returns at once, also
   * when a filter needs time.
   */
  public void run(Exchange exchange, Action action) {
    advance(exchange, action, 0);
  }

  @Override
  public void beforeHead(Exchange exchange) {
    for (int i = exchange.filtersRun() - 1; i >= 0; i--) {
      try {
        filters[i].onResponse(exchange);
      } catch (RuntimeException e) {
        // The head is about to leave and the others still have their say: a fault of one must not
        // stop either.
        LOG.error(
            "filter failed phase=response filter={}", filters[i].getClass().getSimpleName(), e);
      }
    }
  }

  @Override
  public void afterEnd(Exchange exchange) {
    int ran = exchange.filtersRun();
    exchange.filtersRun(0);
    for (int i = 0; i < ran; i++) {
      try {
        filters[i].onEnd(exchange);
      } catch (RuntimeException e) {
        LOG.error("filter failed phase=end filter={}", filters[i].getClass().getSimpleName(), e);
      }
    }
  }

  private void advance(Exchange exchange, Action action, int from) {
    for (int i = from; i < filters.length; i++) {
      // Counted before it runs: one that took something and then threw is still told of the end.
      exchange.filtersRun(i + 1);
      Verdict verdict;
      try {
        verdict = filters[i].onRequest(exchange);
      } catch (RuntimeException e) {
        verdict = fault(i, e);
      }
      if (!settle(exchange, action, i, verdict)) {
        return;
      }
    }
    try {
      action.serve(exchange);
    } catch (Failed failed) {
      exchange.answer(Reply.of(failed));
    } catch (RuntimeException e) {
      LOG.error("action failed", e);
      exchange.answer(Reply.of(Failure.INTERNAL));
    }
  }

  /** True when the next filter's turn is now. */
  private boolean settle(Exchange exchange, Action action, int index, Verdict first) {
    Verdict verdict = first;
    while (verdict instanceof Verdict.Later later) {
      Future<Verdict> next = later.next();
      if (!next.isComplete()) {
        next.onComplete(result -> resume(exchange, action, index, result));
        return false;
      }
      verdict = outcome(index, next);
    }
    if (verdict instanceof Verdict.Answer answer) {
      exchange.answer(answer.reply());
      return false;
    }
    return true;
  }

  private void resume(Exchange exchange, Action action, int index, AsyncResult<Verdict> result) {
    // The client may have left, or the deadline answered, while the filter waited.
    if (exchange.phase() == Phase.ENDED || exchange.response().headWritten()) {
      return;
    }
    if (settle(exchange, action, index, outcome(index, result))) {
      advance(exchange, action, index + 1);
    }
  }

  private Verdict outcome(int index, AsyncResult<Verdict> result) {
    Throwable cause = result.cause();
    if (cause == null) {
      return result.result();
    }
    if (cause instanceof Failed failed) {
      return new Verdict.Answer(Reply.of(failed));
    }
    return fault(index, cause);
  }

  private Verdict fault(int index, Throwable cause) {
    if (cause instanceof Failed failed) {
      return outcome(index, Future.failedFuture(failed));
    }
    LOG.error(
        "filter failed phase=request filter={}", filters[index].getClass().getSimpleName(), cause);
    return new Verdict.Answer(Reply.of(Failure.INTERNAL));
  }
}
