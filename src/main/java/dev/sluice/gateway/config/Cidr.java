package dev.sluice.gateway.config;

import java.net.InetAddress;

/**
 * A block of addresses (RFC 4632); {@code prefix} counts its leading bits. An IPv4 block holds no
 * IPv6 address.
 */
public record Cidr(InetAddress network, int prefix) {
  /**
   * Reads {@code 10.0.0.0/8} or a single address.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    InetAddress network = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
    int bits = network.getAddress().length * 8;
    int prefix = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException(text + " has a bad prefix length: 0 to " + bits);
    }
    return new Cidr(network, prefix);
  }

  /** Whether the block holds this address. */
  public boolean contains(InetAddress address) {
    byte[] mine = network.getAddress();
    byte[] other = address.getAddress();
    if (mine.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit += 8) {
      int mask = prefix - bit >= 8 ? 0xff : (0xff00 >> (prefix - bit)) & 0xff;
      if ((mine[bit / 8] & mask) != (other[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }
}
