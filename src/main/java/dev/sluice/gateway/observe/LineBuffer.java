package dev.sluice.gateway.observe;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Builds one line of the access log in a reused array, without strings. Every text is bounded in
 * bytes, so that a line stays below {@link #MAX_BYTES} whatever a client sends. Confined to its
 * loop.
 */
final class LineBuffer {
  static final int MAX_BYTES = 8 * 1024;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final String HIDDEN = "***";
  private static final String[] SECRET_NAMES = {
    "access_token",
    "id_token",
    "refresh_token",
    "token",
    "api_key",
    "apikey",
    "key",
    "password",
    "secret",
    "client_secret",
    "code",
    "signature",
    "sig"
  };

  private final byte[] bytes = new byte[MAX_BYTES];
  private int length;
  private long minute = Long.MIN_VALUE;
  private String minutePrefix = "";

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  LineBuffer clear() {
    length = 0;
    return this;
  }

  LineBuffer raw(String ascii) {
    int count = Math.min(ascii.length(), MAX_BYTES - length);
    for (int i = 0; i < count; i++) {
      bytes[length + i] = (byte) ascii.charAt(i);
    }
    length += count;
    return this;
  }

  LineBuffer number(long value) {
    if (value < 0) {
      put('-');
      return number(value == Long.MIN_VALUE ? Long.MAX_VALUE : -value);
    }
    long power = 1;
    while (value / power >= 10) {
      power *= 10;
    }
    for (; power > 0; power /= 10) {
      put((char) ('0' + value / power % 10));
    }
    return this;
  }

  /** Nanoseconds as milliseconds with three decimals. */
  LineBuffer millis(long nanos) {
    long micros = Math.max(0, nanos) / 1000;
    number(micros / 1000).put('.');
    return put((char) ('0' + micros / 100 % 10))
        .put((char) ('0' + micros / 10 % 10))
        .put((char) ('0' + micros % 10));
  }

  /** RFC 3339 in UTC with milliseconds, without quotes. */
  LineBuffer time(long epochMillis) {
    long now = Math.floorDiv(epochMillis, 60_000L);
    if (now != minute) {
      minute = now;
      minutePrefix = Instant.ofEpochSecond(now * 60).toString().substring(0, 17);
    }
    int rest = (int) Math.floorMod(epochMillis, 60_000L);
    raw(minutePrefix).put((char) ('0' + rest / 10_000)).put((char) ('0' + rest / 1000 % 10));
    return put('.')
        .put((char) ('0' + rest / 100 % 10))
        .put((char) ('0' + rest / 10 % 10))
        .put((char) ('0' + rest % 10))
        .put('Z');
  }

  /** A JSON string (RFC 8259 §7) of at most {@code maxBytes} between its quotes; longer is cut. */
  LineBuffer quoted(String text, int maxBytes) {
    put('"');
    escaped(text, 0, text.length(), length + maxBytes);
    return put('"');
  }

  /** A query as a JSON string; values under names that usually hold secrets are hidden. */
  LineBuffer quotedQuery(String query, int maxBytes) {
    put('"');
    int limit = length + maxBytes;
    for (int from = 0; from < query.length(); ) {
      int end = query.indexOf('&', from);
      end = end < 0 ? query.length() : end;
      int equal = query.indexOf('=', from);
      if (equal >= 0 && equal < end && secret(query, from, equal)) {
        escaped(query, from, equal + 1, limit);
        escaped(HIDDEN, 0, HIDDEN.length(), limit);
      } else {
        escaped(query, from, end, limit);
      }
      if (end < query.length()) {
        escaped("&", 0, 1, limit);
      }
      from = end + 1;
    }
    return put('"');
  }

  private static boolean secret(String query, int from, int to) {
    for (String name : SECRET_NAMES) {
      if (name.length() == to - from && query.regionMatches(true, from, name, 0, to - from)) {
        return true;
      }
    }
    return false;
  }

  private void escaped(String text, int from, int to, int end) {
    int limit = Math.min(end, MAX_BYTES - 1); // the last place is kept for the quote
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
        if (length >= limit) {
          return;
        }
        bytes[length++] = (byte) c;
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < to
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (length + size(c, pair) > limit) {
        return;
      }
      if (c == '"' || c == '\\') {
        put('\\').put(c);
      } else if (pair) {
        utf8(Character.toCodePoint(c, text.charAt(++i)));
      } else if (hidden(c)) {
        unicode(c);
      } else {
        utf8(c);
      }
    }
  }

  /** What could change how the line looks or ends. */
  private static boolean hidden(char c) {
    return c < 0x20
        || (c >= 0x7f && c < 0xa0)
        || c == 0x2028
        || c == 0x2029
        || Character.isSurrogate(c);
  }

  private static int size(char c, boolean pair) {
    if (pair) {
      return 4;
    }
    if (hidden(c)) {
      return 6;
    }
    return c < 0x800 ? 2 : 3; // of ASCII only the two that are escaped come here
  }

  private void unicode(char c) {
    put('\\').put('u');
    for (int shift = 12; shift >= 0; shift -= 4) {
      bytes[length++] = HEX[c >> shift & 15];
    }
  }

  private void utf8(int point) {
    if (point >= 0x10000) {
      bytes[length++] = (byte) (0xf0 | point >> 18);
      bytes[length++] = (byte) (0x80 | point >> 12 & 63);
      bytes[length++] = (byte) (0x80 | point >> 6 & 63);
    } else if (point >= 0x800) {
      bytes[length++] = (byte) (0xe0 | point >> 12);
      bytes[length++] = (byte) (0x80 | point >> 6 & 63);
    } else {
      bytes[length++] = (byte) (0xc0 | point >> 6);
    }
    bytes[length++] = (byte) (0x80 | point & 63);
  }

  private LineBuffer put(char ascii) {
    if (length < MAX_BYTES) {
      bytes[length++] = (byte) ascii;
    }
    return this;
  }
}
