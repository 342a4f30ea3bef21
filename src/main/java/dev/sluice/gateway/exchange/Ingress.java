package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.Cidr;
import dev.sluice.gateway.config.ListenerConfig;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.List;

/**
 * The listener that an exchange came through.
 *
 * @param config its settings
 * @param index its place in the configuration, from 0
 * @param unrouted who is told of exchanges that found no route
 */
public record Ingress(ListenerConfig config, int index, Observer unrouted) {
  /** Whether clients speak TLS to it. */
  public boolean secure() {
    return config.tls() != null;
  }

  /** How long the request's body may be silent. */
  public long bodyIdleNanos() {
    return config.limits().bodyIdle().toNanos();
  }

  /** Whether forwarded headers and request ids of this peer count. */
  public boolean trusts(SocketAddress peer) {
    return !config.trustedProxies().isEmpty() && trusts(peer.hostAddress());
  }

  /** Whether this address, in text form, is a trusted proxy's; false for what is no IP address. */
  public boolean trusts(@org.jspecify.annotations.Nullable String address) {
    List<Cidr> trusted = config.trustedProxies();
    if (address == null || trusted.isEmpty() || address.isEmpty()) {
      return false;
    }
    char first = address.charAt(0);
    if (Character.digit(first, 16) < 0 && first != ':') {
      return false; // a name would be resolved
    }
    try {
      InetAddress parsed = InetAddress.ofLiteral(address);
      for (Cidr block : trusted) {
        if (block.contains(parsed)) {
          return true;
        }
      }
    } catch (IllegalArgumentException notAnAddress) {
      return false;
    }
    return false;
  }
}
