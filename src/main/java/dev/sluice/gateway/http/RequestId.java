package dev.sluice.gateway.http;

import java.util.random.RandomGenerator;

/** Names of requests, for finding one in the logs of all that it passed. */
public final class RequestId {
  private static final int LONGEST = 128;

  private RequestId() {}

  /** 32 hexadecimal digits by chance. */
  public static String next(RandomGenerator random) {
    byte[] out = new byte[32];
    Hex.write(out, 0, random.nextLong());
    Hex.write(out, 16, random.nextLong());
    return Hex.text(out);
  }

  /** Whether a name given by another is harmless: visible ASCII, at most 128 characters. */
  public static boolean valid(String given) {
    if (given.isEmpty() || given.length() > LONGEST) {
      return false;
    }
    for (int i = 0; i < given.length(); i++) {
      char c = given.charAt(i);
      if (c <= ' ' || c >= 0x7f) {
        return false;
      }
    }
    return true;
  }
}
