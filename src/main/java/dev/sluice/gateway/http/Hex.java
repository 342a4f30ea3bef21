package dev.sluice.gateway.http;

import java.nio.charset.StandardCharsets;

/** Writes numbers as lower-case hexadecimal digits. */
final class Hex {
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private Hex() {}

  static void write(byte[] out, int offset, long value) {
    long rest = value;
    for (int i = offset + 15; i >= offset; i--) {
      out[i] = DIGITS[(int) (rest & 0xf)];
      rest >>>= 4;
    }
  }

  @SuppressWarnings("deprecation") // the one constructor that only copies
  static String text(byte[] ascii) {
    return new String(ascii, 0, 0, ascii.length);
  }
}
