package dev.sluice.gateway.http;

import static dev.sluice.gateway.http.ScannerOctets.lower;
import static dev.sluice.gateway.http.ScannerOctets.same;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Collects the two fields that tell a body's length and refuses all that is not plain (RFC 9112
 * §6).
 */
final class LengthScanner {
  private static final byte[] LENGTH = "content-length".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ENCODING = "transfer-encoding".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CHUNKED = "chunked".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_DIGITS = 18;

  private final byte[] value = new byte[40];
  private byte @Nullable [] field;
  private int used;
  private boolean chunked;
  private long length = -1;

  /** Starts a head. */
  void begin() {
    chunked = false;
    length = -1;
    field = null;
  }

  /** Starts a field; its name in lower case, of which the array may hold only the beginning. */
  void beginField(byte[] name, int nameLength) {
    used = 0;
    field =
        same(name, nameLength, LENGTH)
            ? LENGTH
            : same(name, nameLength, ENCODING) ? ENCODING : null;
  }

  /** The field that begins does not matter. */
  void ignore() {
    field = null;
  }

  boolean collecting() {
    return field != null;
  }

  /** Takes a byte of the value; false when the value is too long. */
  boolean collect(byte b) {
    if (used == 0 && (b == ' ' || b == '\t')) {
      return true;
    }
    if (used == value.length) {
      return false;
    }
    value[used++] = lower(b);
    return true;
  }

  boolean chunked() {
    return chunked;
  }

  /** The content-length, -1 when there is none. */
  long length() {
    return length;
  }

  /** What is wrong with the field that ends here; null when it is fine. */
  @Nullable String endOfField() {
    if (field == null) {
      return null;
    }
    int end = used;
    while (end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t')) {
      end--;
    }
    if (field == ENCODING) {
      if (chunked || !same(value, end, CHUNKED)) {
        return "transfer-encoding other than chunked";
      }
      chunked = true;
      return null;
    }
    if (length >= 0) {
      return "more than one content-length";
    }
    if (end == 0 || end > MAX_DIGITS) {
      return "content-length is no number";
    }
    long number = 0;
    for (int i = 0; i < end; i++) {
      if (value[i] < '0' || value[i] > '9') {
        return "content-length is no number";
      }
      number = number * 10 + value[i] - '0';
    }
    length = number;
    return null;
  }

  /** What is wrong with the head as a whole; null when it is fine. */
  @Nullable String endOfHead(int minorVersion) {
    if (chunked && length >= 0) {
      return "content-length beside transfer-encoding";
    }
    return chunked && minorVersion == 0 ? "transfer-encoding in HTTP/1.0" : null;
  }
}
