package dev.sluice.gateway.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The units of the language, for texts that are known to be well written; others are an {@link
 * IllegalArgumentException}.
 */
public final class Units {
  static final Pattern DURATION = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");
  static final Pattern SIZE = Pattern.compile("([0-9]{1,12})(B|KiB|MiB|GiB)");
  static final Pattern RATE = Pattern.compile("([1-9][0-9]{0,8})/(s|m|h|d)");

  private Units() {}

  /** {@code 250ms}, {@code 15s}, {@code 5m}. */
  public static Duration duration(String text) {
    Matcher matcher = matched(DURATION, text);
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  /** {@code 64KiB}, {@code 10MiB}; in bytes. */
  public static long bytes(String text) {
    Matcher matcher = matched(SIZE, text);
    int shift =
        switch (matcher.group(2)) {
          case "B" -> 0;
          case "KiB" -> 10;
          case "MiB" -> 20;
          default -> 30;
        };
    long number = Long.parseLong(matcher.group(1));
    return number > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : number << shift;
  }

  /** {@code 50/s}. */
  public static Rate rate(String text) {
    Matcher matcher = matched(RATE, text);
    Duration unit =
        switch (matcher.group(2)) {
          case "s" -> Duration.ofSeconds(1);
          case "m" -> Duration.ofMinutes(1);
          case "h" -> Duration.ofHours(1);
          default -> Duration.ofDays(1);
        };
    return new Rate(Long.parseLong(matcher.group(1)), unit);
  }

  private static Matcher matched(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    return matcher;
  }
}
