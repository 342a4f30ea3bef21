package dev.sluice.gateway.http;

import static dev.sluice.gateway.http.ScannerOctets.TOKEN;
import static dev.sluice.gateway.http.ScannerOctets.VALUE;
import static dev.sluice.gateway.http.ScannerOctets.is;

/**
 * Reads the line ahead of a chunk: its size and its extensions (RFC 9112 §7.1), without blanks of
 * any kind.
 */
final class ChunkScanner {
  private static final int EXTENSION_BYTES = 4096;
  private static final int SIZE = -1;

  private long size;
  private int digits;
  private int extensionBytes;

  /**
   * SIZE, or 0 name begins, 1 in name, 2 value begins, 3 in token value, 4 quoted, 5 escaped, 6
   * after the quotes.
   */
  private int part = SIZE;

  private String problem = "";

  /** Starts a body; extensions are bounded over all its chunks. */
  void begin() {
    extensionBytes = 0;
    nextLine();
  }

  void nextLine() {
    size = 0;
    digits = 0;
    part = SIZE;
  }

  /** Data bytes of the chunk, up to 2^31 - 1. */
  long size() {
    return size;
  }

  String problem() {
    return problem;
  }

  /** Takes a byte up to and with the line's CR; false when it is wrong. */
  boolean accept(byte b) {
    return part == SIZE ? size(b) : extension(b);
  }

  private boolean size(byte b) {
    int digit = b < 0 ? -1 : Character.digit(b, 16);
    if (digit >= 0) {
      size = size << 4 | digit;
      return ++digits <= 16 && size <= Integer.MAX_VALUE || wrong("chunk size too large");
    }
    if (digits == 0) {
      return wrong("bad chunk size");
    }
    if (b == ';') {
      part = 0;
      return true;
    }
    return b == '\r' || wrong("bad chunk size");
  }

  private boolean extension(byte b) {
    if (++extensionBytes > EXTENSION_BYTES) {
      return wrong("chunk extensions too long");
    }
    if (part == 4 || part == 5) {
      if (!is(b, VALUE)) {
        return wrong("bad chunk extension");
      }
      part = part == 5 ? 4 : b == '\\' ? 5 : b == '"' ? 6 : 4;
      return true;
    }
    if (is(b, TOKEN) && part != 6) {
      part |= 1;
      return true;
    }
    if (b == '"' && part == 2) {
      part = 4;
      return true;
    }
    if (b == '=' && part == 1) {
      part = 2;
      return true;
    }
    boolean complete = part != 0 && part != 2;
    if (b == ';' && complete) {
      part = 0;
      return true;
    }
    return b == '\r' && complete || wrong("bad chunk extension");
  }

  private boolean wrong(String what) {
    problem = what;
    return false;
  }
}
