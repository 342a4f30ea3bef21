package dev.sluice.gateway.exchange;

/**
 * Lets an inner exchange find its route as if it had come from outside, in the configuration that
 * its outer exchange sees. One instance serves all loops.
 */
@FunctionalInterface
public interface Dispatch {
  /** Sees to it that {@code call} is answered and ends. On the exchange's loop. */
  void serve(InnerCall call);
}
