package dev.sluice.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

/**
 * The little of gRPC that a gateway must know.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over
 *     HTTP/2</a>
 */
public final class Grpc {
  private static final String TYPE = "application/grpc";
  private static final CharSequence TIMEOUT = HttpHeaders.createOptimized("grpc-timeout");

  private Grpc() {}

  /** Whether these are headers of a gRPC call. */
  public static boolean is(MultiMap headers) {
    String type = headers.get(HttpHeaders.CONTENT_TYPE);
    return type != null
        && type.startsWith(TYPE)
        && (type.length() == TYPE.length() || "+;".indexOf(type.charAt(TYPE.length())) >= 0);
  }

  /**
   * What the client has left, in nanoseconds; {@code Long.MAX_VALUE} when it does not say or says
   * nonsense.
   */
  public static long timeoutNanos(MultiMap headers) {
    String text = headers.get(TIMEOUT);
    if (text == null || text.length() < 2 || text.length() > 9) {
      return Long.MAX_VALUE;
    }
    long value = 0;
    for (int i = 0; i < text.length() - 1; i++) {
      char digit = text.charAt(i);
      if (digit < '0' || digit > '9') {
        return Long.MAX_VALUE;
      }
      value = value * 10 + digit - '0';
    }
    long unit =
        switch (text.charAt(text.length() - 1)) {
          case 'H' -> 3_600_000_000_000L;
          case 'M' -> 60_000_000_000L;
          case 'S' -> 1_000_000_000L;
          case 'm' -> 1_000_000L;
          case 'u' -> 1_000L;
          case 'n' -> 1L;
          default -> 0L;
        };
    return unit == 0 || value > Long.MAX_VALUE / unit ? Long.MAX_VALUE : value * unit;
  }

  /** A sentence in the form of {@code grpc-message}: percent-encoded UTF-8. */
  public static String message(String text) {
    StringBuilder out = new StringBuilder(text.length() + 8);
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      if (octet >= 0x20 && octet <= 0x7e && octet != '%') {
        out.append((char) octet);
      } else {
        out.append('%');
        out.append(Character.toUpperCase(Character.forDigit((octet >> 4) & 0xf, 16)));
        out.append(Character.toUpperCase(Character.forDigit(octet & 0xf, 16)));
      }
    }
    return out.toString();
  }
}
