package dev.sluice.gateway.resilience;

/** The machine's monotonic clock; the only caller of {@link System#nanoTime()}. */
public enum SystemTicker implements Ticker {
  /** The one instance. */
  INSTANCE;

  @Override
  public long nanos() {
    return System.nanoTime();
  }
}
