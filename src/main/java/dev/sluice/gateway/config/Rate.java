package dev.sluice.gateway.config;

import java.time.Duration;

/**
 * So many in so much time: {@code 100/s}.
 *
 * @param count at least 1
 * @param per a second, a minute, an hour or a day
 */
public record Rate(long count, Duration per) {
  /** Nanoseconds from one to the next. */
  public long spacingNanos() {
    return per.toNanos() / count;
  }

  @Override
  public String toString() {
    String unit =
        switch ((int) per.toSeconds()) {
          case 1 -> "s";
          case 60 -> "m";
          case 3_600 -> "h";
          default -> "d";
        };
    return count + "/" + unit;
  }
}
