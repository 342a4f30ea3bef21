package dev.sluice.gateway.proxy;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.failure.Source;
import dev.sluice.gateway.resilience.Outcome;

/** The one place that says what came of an attempt for its endpoint and its upstream's breaker. */
final class Outcomes {
  private Outcomes() {}

  /** Of a refused lease or opening: nothing, when the refusal is the gateway's own. */
  static Outcome of(Failure refused) {
    return refused.source() == Source.GATEWAY ? Outcome.IGNORED : Outcome.FAILURE;
  }

  /** Of an answer; 501 is the service's word on the method, not a fault. */
  static Outcome of(int status) {
    return status >= 500 && status != 501 ? Outcome.FAILURE : Outcome.SUCCESS;
  }
}
