package dev.sluice.gateway.http;

/** Which octets may stand where (RFC 9110 §5.6.2, RFC 9112 §3.2, RFC 9110 §5.5). */
final class ScannerOctets {
  static final int TOKEN = 1;
  static final int TARGET = 2;
  static final int VALUE = 4;

  private static final byte[] CLASSES = classes();

  private ScannerOctets() {}

  static boolean is(byte b, int kind) {
    return (CLASSES[b & 0xff] & kind) != 0;
  }

  static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
  }

  static boolean same(byte[] bytes, int length, byte[] other) {
    if (length != other.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[i] != other[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int i = 0; i < 256; i++) {
      boolean letter = i >= 'a' && i <= 'z' || i >= 'A' && i <= 'Z' || i >= '0' && i <= '9';
      int kinds = letter || i < 128 && "!#$%&'*+-.^_`|~".indexOf(i) >= 0 ? TOKEN : 0;
      kinds |= i > ' ' && i < 127 && i != '#' ? TARGET : 0;
      kinds |= i == '\t' || i >= ' ' && i != 127 ? VALUE : 0;
      classes[i] = (byte) kinds;
    }
    return classes;
  }
}
