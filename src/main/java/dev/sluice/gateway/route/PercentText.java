package dev.sluice.gateway.route;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Regions of percent-encoded text (RFC 3986 §2.1) compared by the octets they stand for, without
 * making a string of them. Two spellings of one path segment ({@code a}, {@code %61}) are so always
 * the same segment.
 */
final class PercentText {
  private PercentText() {}

  /** The octets that the text stands for; characters beyond ASCII stand for their UTF-8 octets. */
  static byte[] octets(String text) {
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[raw.length];
    int length = 0;
    for (int i = 0; i < raw.length; i++) {
      int octet = raw[i];
      if (octet == '%' && i + 2 < raw.length) {
        int high = Character.digit(raw[i + 1], 16);
        int low = Character.digit(raw[i + 2], 16);
        if (high >= 0 && low >= 0) {
          octet = high << 4 | low;
          i += 2;
        }
      }
      out[length++] = (byte) octet;
    }
    return java.util.Arrays.copyOf(out, length);
  }

  static int hash(byte[] octets) {
    int hash = 0;
    for (byte octet : octets) {
      hash = 31 * hash + (octet & 0xff);
    }
    return spread(hash);
  }

  /** The hash of a region: equal to that of its octets. */
  static int hash(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      int octet = text.charAt(i);
      if (octet == '%') {
        int decoded = escape(text, i, to);
        if (decoded >= 0) {
          octet = decoded;
          i += 2;
        }
      }
      hash = 31 * hash + octet;
    }
    return spread(hash);
  }

  static boolean same(byte[] octets, String text, int from, int to) {
    return same(octets, text, from, to, false);
  }

  /**
   * Whether the region stands for these octets; in a query ({@code form}) a plus stands for a
   * space.
   */
  static boolean same(byte[] octets, String text, int from, int to, boolean form) {
    int at = 0;
    for (int i = from; i < to; i++) {
      int octet = text.charAt(i);
      if (octet == '%') {
        int decoded = escape(text, i, to);
        if (decoded >= 0) {
          octet = decoded;
          i += 2;
        }
      } else if (form && octet == '+') {
        octet = ' ';
      }
      if (at == octets.length || (octets[at++] & 0xff) != octet) {
        return false;
      }
    }
    return at == octets.length;
  }

  /** The region's text: its octets read as UTF-8. */
  static String decode(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) == '%') {
        return new String(octets(text.substring(from, to)), StandardCharsets.UTF_8);
      }
    }
    return text.substring(from, to);
  }

  /** As {@link #decode(String, int, int)} of the whole text. */
  static String decode(@Nullable String text) {
    return text == null ? "" : decode(text, 0, text.length());
  }

  private static int escape(String text, int at, int to) {
    if (at + 2 >= to) {
      return -1;
    }
    int high = Character.digit(text.charAt(at + 1), 16);
    int low = Character.digit(text.charAt(at + 2), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static int spread(int hash) {
    return hash ^ hash >>> 16 ^ hash >>> 8;
  }
}
