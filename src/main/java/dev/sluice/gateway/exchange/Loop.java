package dev.sluice.gateway.exchange;

import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.resilience.Timers;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.random.RandomGenerator;

/**
 * One serving event loop and what belongs to it alone.
 *
 * @param index from 0
 * @param context the verticle's context; everything of an exchange runs on it
 * @param timers this loop's wheel
 * @param random this loop's source of chance, not for secrets
 */
public record Loop(int index, Vertx vertx, Context context, Timers timers, RandomGenerator random) {
  /** The clock. */
  public Ticker ticker() {
    return timers.ticker();
  }
}
