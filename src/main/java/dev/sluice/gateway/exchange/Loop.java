package dev.sluice.gateway.exchange;

import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.resilience.Timers;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * One serving event loop and what belongs to it alone.
 *
 * @param index from 0
 * @param context the verticle's context; everything of an exchange runs on it
 * @param timers this loop's wheel
 * @param random this loop's source of chance, not for secrets
 * @param turn work put off to the end of the current turn
 * @param clock wall clock, for timestamps only
 * @param inFlight this loop's exchanges
 * @param aside where work goes that is too much for it
 */
public record Loop(
    int index,
    Vertx vertx,
    Context context,
    Timers timers,
    RandomGenerator random,
    Turn turn,
    InstantSource clock,
    InFlight inFlight,
    Aside aside) {
  /** The clock. */
  public Ticker ticker() {
    return timers.ticker();
  }
}
