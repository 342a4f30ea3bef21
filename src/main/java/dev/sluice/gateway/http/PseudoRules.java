package dev.sluice.gateway.http;

import org.jspecify.annotations.Nullable;

/**
 * What makes the pseudo-headers of an HTTP/2 request malformed (RFC 9113 §8.3.1) beyond what its
 * codec sees. Stateless; any thread.
 */
public final class PseudoRules {
  private PseudoRules() {}

  /** Null when there is nothing to say against it; the method must be there. */
  public static @Nullable String malformed(
      CharSequence method, @Nullable CharSequence scheme, @Nullable CharSequence protocol) {
    for (int i = 0; i < method.length(); i++) {
      if (!Tokens.is(method.charAt(i))) {
        return "the method is malformed";
      }
    }
    if (protocol != null) {
      return "extended CONNECT was not offered"; // RFC 8441 §4
    }
    if (scheme != null && !same(scheme, "https") && !same(scheme, "http")) {
      return "the scheme is neither http nor https";
    }
    return null;
  }

  /** Whether two texts differ in nothing but the case of ASCII letters. */
  public static boolean same(CharSequence one, CharSequence other) {
    if (one.length() != other.length()) {
      return false;
    }
    for (int i = 0; i < one.length(); i++) {
      if (lower(one.charAt(i)) != lower(other.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  }
}
