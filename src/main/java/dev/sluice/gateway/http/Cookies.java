package dev.sluice.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Looks into {@code Cookie} headers (RFC 6265 §4.2) without taking them apart. */
public final class Cookies {
  private Cookies() {}

  /** The first cookie's value of this name; null when there is none. */
  public static @Nullable String find(MultiMap headers, String name) {
    for (String header : headers.getAll(HttpHeaders.COOKIE)) {
      int start = 0;
      while (start < header.length()) {
        int end = header.indexOf(';', start);
        if (end < 0) {
          end = header.length();
        }
        while (start < end && header.charAt(start) == ' ') {
          start++;
        }
        int equals = start + name.length();
        if (equals < end && header.charAt(equals) == '=' && header.startsWith(name, start)) {
          return header.substring(equals + 1, end);
        }
        start = end + 1;
      }
    }
    return null;
  }
}
