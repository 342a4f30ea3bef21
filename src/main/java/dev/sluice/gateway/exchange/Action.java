package dev.sluice.gateway.exchange;

/**
 * What a route does with an exchange. One instance serves all loops; it keeps no state of an
 * exchange itself.
 */
@FunctionalInterface
public interface Action {
  /**
   * Takes the exchange and sees to it that it is answered and ends. Runs on the exchange's loop,
   * never blocks, may return before the answer.
   */
  void serve(Exchange exchange);
}
