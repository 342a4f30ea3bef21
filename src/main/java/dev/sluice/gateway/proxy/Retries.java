package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.failure.Retry;
import dev.sluice.gateway.http.Methods;
import dev.sluice.gateway.resilience.RetryBudget;
import dev.sluice.gateway.resilience.RetryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether an exchange makes another attempt, and when. A yes takes the retry out of the
 * budget and counts. Confined to the exchange's loop.
 */
final class Retries {
  private final Exchange exchange;
  private final RetryPolicy policy;
  private final RetryBudget budget;
  private final @Nullable RequestPipe body;
  private final boolean idempotent;
  private int made;
  private boolean staleMade;

  /**
   * @param body what an attempt has to send; null when there is nothing
   */
  Retries(Exchange exchange, RetryPolicy policy, RetryBudget budget, @Nullable RequestPipe body) {
    this.exchange = exchange;
    this.policy = policy;
    this.budget = budget;
    this.body = body;
    this.idempotent = Methods.idempotent(exchange.method());
  }

  /** The first attempt begins: it pays into the budget. */
  void begin() {
    budget.deposit();
  }

  /**
   * After a failure of the transport.
   *
   * @param unsent whether nobody saw the request, so that any method may be sent again
   */
  boolean after(Failure failure, boolean unsent, long deadlineNanos) {
    return policy.retries(failure)
        && (unsent || (idempotent && failure.retry() == Retry.IDEMPOTENT))
        && fits(deadlineNanos);
  }

  /** After an answer. */
  boolean after(int status, long deadlineNanos) {
    return policy.retries(status) && idempotent && fits(deadlineNanos);
  }

  /**
   * After a pooled connection turned out to be closed by its peer while the request was on its way:
   * nothing was answered, and this says nothing about the endpoint. RFC 9112 §9.3.1 allows one
   * automatic retry.
   *
   * @param unseen whether the peer said that it did not look at the request
   */
  boolean afterStaleConnection(boolean unseen, long deadlineNanos) {
    if (staleMade || !(idempotent || unseen) || !possible(deadlineNanos)) {
      return false;
    }
    staleMade = true;
    return true;
  }

  private boolean fits(long deadlineNanos) {
    if (made + 1 >= policy.attempts() || !possible(deadlineNanos) || !budget.tryWithdraw()) {
      return false;
    }
    made++;
    return true;
  }

  private boolean possible(long deadlineNanos) {
    return !exchange.clientGone()
        && (body == null || body.replayable())
        && exchange.loop().ticker().nanos() < deadlineNanos;
  }

  /** How long to wait before the retry that was allowed last. */
  long pauseNanos() {
    return policy.backoff().delayNanos(made, exchange.loop().random());
  }
}
