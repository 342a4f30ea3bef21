package dev.sluice.gateway.config;

import java.net.InetAddress;

/**
 * A block of addresses (RFC 4632); {@code prefix} counts its leading bits. An IPv4 block holds no
 * IPv6 address.
 */
public record Cidr(InetAddress network, int prefix) {
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
