package dev.sluice.gateway.resilience;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a {@link Breaker} opens and how it closes again. Either {@code failures} (consecutive) or
 * {@code failureRate} opens it, and {@code slowCall} also, when present.
 *
 * @param failureRate share of failed exchanges in the window that opens, 0 to 1
 * @param minimum exchanges that the window must hold before a rate counts
 * @param window length of the sliding window
 * @param failures consecutive failures that open; 0 means that the rate decides
 * @param open how long it stays open the first time; doubles with each failed try
 * @param maxOpen upper bound of the doubling
 * @param probes exchanges let through when half open; all must succeed to close it
 * @param slowCall null when slow exchanges do not count
 */
public record BreakerPolicy(
    double failureRate,
    int minimum,
    Duration window,
    int failures,
    Duration open,
    Duration maxOpen,
    int probes,
    @Nullable SlowCall slowCall) {

  /**
   * Exchanges that last longer than {@code over} count as slow; a share of {@code rate} of them
   * opens the breaker.
   */
  public record SlowCall(Duration over, double rate) {}
}
