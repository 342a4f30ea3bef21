package dev.sluice.gateway.resilience;

/** A monotonic clock. Every duration in the gateway is measured with one; tests bring their own. */
@FunctionalInterface
public interface Ticker {
  /** Nanoseconds since an arbitrary origin; only differences mean something. Any thread. */
  long nanos();
}
