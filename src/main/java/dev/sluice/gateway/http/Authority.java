package dev.sluice.gateway.http;

import io.netty.util.NetUtil;
import java.util.Locale;

/** Host and port of a request (RFC 9110 §7.2, RFC 3986 §3.2). */
public final class Authority {
  private Authority() {}

  /** Whether it is a host and at most a port: no user, no path, no empty host or label. */
  static boolean valid(String text) {
    if (text.isEmpty()) {
      return false;
    }
    int end = hostEnd(text);
    if (end <= 0) {
      return false;
    }
    if (text.charAt(0) == '[') {
      String address = text.substring(1, end - 1);
      if (address.indexOf('%') >= 0 || !NetUtil.isValidIpV6Address(address)) {
        return false; // RFC 3986 §3.2.2: a zone has no place in an authority
      }
    } else {
      for (int i = 0; i < end; i++) {
        char c = text.charAt(i);
        if (!hostCharacter(c) || (c == '.' && (i == 0 || text.charAt(i - 1) == '.'))) {
          return false;
        }
      }
    }
    return end == text.length() || port(text, end);
  }

  /**
   * Whether both name the same host and port (RFC 9110 §4.2.3).
   *
   * @param defaultPort what a missing port stands for, such as ":80"
   */
  static boolean same(String left, String right, String defaultPort) {
    return left.equalsIgnoreCase(right)
        || withPort(left, defaultPort).equalsIgnoreCase(withPort(right, defaultPort));
  }

  private static String withPort(String authority, String defaultPort) {
    return hostEnd(authority) == authority.length() ? authority + defaultPort : authority;
  }

  /**
   * The host, in lower case; without the dot that says that a name is complete (RFC 3986 §3.2.2).
   */
  static String host(String authority) {
    int end = hostEnd(authority);
    if (end > 1 && authority.charAt(end - 1) == '.') {
      end--;
    }
    String host = end == authority.length() || end < 0 ? authority : authority.substring(0, end);
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return host.toLowerCase(Locale.ROOT);
      }
    }
    return host;
  }

  private static int hostEnd(String text) {
    if (!text.isEmpty() && text.charAt(0) == '[') {
      return text.indexOf(']') + 1;
    }
    int colon = text.indexOf(':');
    return colon < 0 ? text.length() : colon;
  }

  private static boolean hostCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '-'
        || c == '_';
  }

  private static boolean port(String text, int colon) {
    if (text.charAt(colon) != ':') {
      return false;
    }
    int port = 0;
    for (int i = colon + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + c - '0';
      if (port > 65_535) {
        return false;
      }
    }
    return text.length() > colon + 1 && port > 0;
  }
}
