package dev.sluice.gateway.http;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The {@code traceparent} header.
 *
 * @see <a href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>
 */
public final class TraceContext {
  private static final int LENGTH = 55;

  private TraceContext() {}

  /** What this gateway passes on: the given trace with a span of its own, or a new, sampled one. */
  public static String next(@Nullable String given, RandomGenerator random) {
    byte[] out = new byte[LENGTH];
    out[0] = '0';
    out[1] = '0';
    out[2] = '-';
    if (given != null && valid(given)) {
      for (int i = 3; i < LENGTH; i++) {
        out[i] = (byte) given.charAt(i);
      }
    } else {
      Hex.write(out, 3, random.nextLong() | 1);
      Hex.write(out, 19, random.nextLong());
      out[35] = '-';
      out[52] = '-';
      out[53] = '0';
      out[54] = '1';
    }
    Hex.write(out, 36, random.nextLong() | 1);
    return Hex.text(out);
  }

  /** Whether it is a version 00 (or a later one's first 55 characters) with no part all zero. */
  public static boolean valid(String given) {
    if (given.length() < LENGTH
        || given.charAt(2) != '-'
        || given.charAt(35) != '-'
        || given.charAt(52) != '-') {
      return false;
    }
    boolean first = given.startsWith("00");
    if ((first && given.length() != LENGTH)
        || (!first && given.length() > LENGTH && given.charAt(LENGTH) != '-')
        || given.startsWith("ff")) {
      return false;
    }
    return digits(given, 0, 2)
        && digits(given, 3, 35)
        && digits(given, 36, 52)
        && digits(given, 53, 55)
        && !zero(given, 3, 35)
        && !zero(given, 36, 52);
  }

  private static boolean digits(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  private static boolean zero(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }
}
