package dev.sluice.gateway.observe;

/**
 * How a route or an upstream does.
 *
 * @param total since its series began
 * @param recent over the last 100 exchanges
 */
public record Summary(Figures total, Figures recent) {
  /**
   * Figures over a set of exchanges; durations in milliseconds, 0 when there are none.
   *
   * @param successRate 0 to 1; a success has a status below 500 and no fault of upstream or gateway
   */
  public record Figures(
      long count,
      double successRate,
      double meanMillis,
      double minMillis,
      double maxMillis,
      double p50Millis,
      double p99Millis) {
    /** No exchange yet. */
    public static final Figures NONE = new Figures(0, 1.0, 0, 0, 0, 0, 0);
  }
}
