package dev.sluice.load;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a run was told, in system properties {@code sluice.load.*}: so the command and Gatling's
 * Maven plugin say it in the same way.
 */
final class Given {
  static final String DEFAULT_URL = "http://localhost:8080";
  static final String DEFAULT_ADMIN = "http://localhost:9901";
  static final String DEFAULT_FOLDER = "load-tests/routes";
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})(s|m|h)");

  private Given() {}

  /** Says something; null is what was not said. */
  static void say(String name, @Nullable Object value) {
    if (value != null) {
      System.setProperty("sluice.load." + name, value.toString());
    }
  }

  private static String told(String name, String otherwise) {
    return System.getProperty("sluice.load." + name, otherwise);
  }

  /** The gateway's addresses, without a slash at the end: one, or one for each node. */
  static List<String> urls() {
    return List.of(told("url", DEFAULT_URL).split(",")).stream().map(Given::address).toList();
  }

  /** The admin API of one of them. */
  static String admin() {
    return address(told("admin", DEFAULT_ADMIN));
  }

  private static String address(String url) {
    return url.strip().replaceAll("/+$", "");
  }

  /** The admin API's token; empty for none. */
  static String token() {
    return told("token", "");
  }

  /** Where a gateway that reads its routes from files finds those that {@link Reload} changes. */
  static String folder() {
    return told("folder", DEFAULT_FOLDER);
  }

  /** Whether this is a duration with its unit. */
  static boolean isDuration(String text) {
    return DURATION.matcher(text).matches();
  }

  static Duration duration(String standard) {
    Matcher parts = DURATION.matcher(told("duration", standard));
    if (!parts.matches()) {
      throw new IllegalArgumentException("sluice.load.duration is one such as 30s, 5m or 2h");
    }
    return Duration.parse("PT" + parts.group(1) + parts.group(2));
  }

  static int users(int standard) {
    return Integer.parseInt(told("users", String.valueOf(standard)));
  }

  /** Requests a second. */
  static int rate(int standard) {
    return Integer.parseInt(told("rate", String.valueOf(standard)));
  }
}
