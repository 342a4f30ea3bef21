package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Timers;
import dev.sluice.gateway.resilience.Timers.Timer;
import java.util.function.Consumer;

/** Someone in line for a connection, or for a place of his own. Confined to the loop. */
final class Waiter {
  final LeaseRequest request;
  final boolean reservation;
  final long since;
  final long until;
  final long patienceNanos;
  final long quietTurnsBefore;
  final Timer timer;

  /**
   * @param reservation whether it is a place that is wanted, and no connection
   * @param until end of the caller's patience
   * @param patienceNanos how long it may wait
   * @param quietTurnsBefore what {@link Pace} counted when it came
   * @param expired told when the timer comes due
   */
  Waiter(
      Timers timers,
      LeaseRequest request,
      boolean reservation,
      long since,
      long until,
      long patienceNanos,
      long quietTurnsBefore,
      Consumer<Waiter> expired) {
    this.request = request;
    this.reservation = reservation;
    this.since = since;
    this.until = until;
    this.patienceNanos = patienceNanos;
    this.quietTurnsBefore = quietTurnsBefore;
    this.timer = timers.timer(() -> expired.accept(this));
  }
}
