package dev.sluice.gateway.exchange;

/**
 * When things happened to an exchange: ticker times, 0 for what has not. Confined to the exchange's
 * loop.
 */
public final class Timeline {
  private final long startNanos;
  private long forwardNanos;
  private long connectedNanos;
  private long upstreamHeadNanos;
  private long headNanos;
  private long endNanos;

  Timeline(long startNanos) {
    this.startNanos = startNanos;
  }

  /** The request's head was read. */
  public long startNanos() {
    return startNanos;
  }

  /** The first attempt began. */
  public long forwardNanos() {
    return forwardNanos;
  }

  /** The last attempt got its connection. */
  public long connectedNanos() {
    return connectedNanos;
  }

  /** The answer's head came from the upstream. */
  public long upstreamHeadNanos() {
    return upstreamHeadNanos;
  }

  /** The answer's head left to the client. */
  public long headNanos() {
    return headNanos;
  }

  /** The exchange ended. */
  public long endNanos() {
    return endNanos;
  }

  /**
   * Wall-clock milliseconds of the request's head; asks the clock now and counts back, so ask once.
   */
  public long startMillis(java.time.InstantSource clock, long nowNanos) {
    return clock.millis() - (nowNanos - startNanos) / 1_000_000;
  }

  /** See {@link #forwardNanos()}; the first call counts. */
  public void forward(long nanos) {
    if (forwardNanos == 0) {
      forwardNanos = nanos;
    }
  }

  /** See {@link #connectedNanos()}. */
  public void connected(long nanos) {
    connectedNanos = nanos;
  }

  /** See {@link #upstreamHeadNanos()}. */
  public void upstreamHead(long nanos) {
    upstreamHeadNanos = nanos;
  }

  void head(long nanos) {
    headNanos = nanos;
  }

  void end(long nanos) {
    endNanos = nanos;
  }
}
