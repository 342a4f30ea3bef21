package dev.sluice.gateway.http;

/** The characters of a token (RFC 9110 §5.6.2). */
final class Tokens {
  private static final boolean[] TOKEN = new boolean[128];

  static {
    for (char c = '0'; c <= '9'; c++) {
      TOKEN[c] = true;
    }
    for (char c = 'a'; c <= 'z'; c++) {
      TOKEN[c] = true;
      TOKEN[c - 32] = true;
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
  }

  private Tokens() {}

  static boolean is(char c) {
    return c < 128 && TOKEN[c];
  }
}
