package dev.sluice.gateway.exchange;

/** Told of each finished exchange; cannot fail it. Runs on the exchange's loop. */
@FunctionalInterface
public interface Observer {
  /** Sees nothing. */
  Observer NONE = exchange -> {};

  /**
   * The exchange is over; its fields do not change any more and are not read after this call
   * returns.
   */
  void ended(Exchange exchange);
}
