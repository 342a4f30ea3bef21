package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the endpoints that the exchange has not tried, and only when none of them may be used at
 * the others as well. Confined to its loop.
 */
abstract class TwoPassPicker implements Picker {
  final EndpointSet endpoints;
  final Ticker ticker;

  TwoPassPicker(EndpointSet endpoints, Ticker ticker) {
    this.endpoints = endpoints;
    this.ticker = ticker;
  }

  @Override
  public final @Nullable Endpoint pick(PickContext context) {
    long now = ticker.nanos();
    Endpoint fresh = pass(context, now, false);
    return fresh != null ? fresh : pass(context, now, true);
  }

  /**
   * One pass; null when nothing fits.
   *
   * @param alsoTried whether those that the exchange has tried may be taken
   */
  abstract @Nullable Endpoint pass(PickContext context, long now, boolean alsoTried);
}
