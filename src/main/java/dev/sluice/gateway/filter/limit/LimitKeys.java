package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.LimitConfig.Key;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.RouteView;
import dev.sluice.gateway.http.Cookies;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Tells whose a request is, in a text of bounded length. Stateless; any loop. */
final class LimitKeys {
  /** Longer values are remembered by their hash. */
  private static final int LONGEST = 64;

  /** Of an IPv6 address what a provider gives to one customer at least (RFC 6177). */
  private static final int IPV6_NETWORK_BYTES = 8;

  private final Key key;
  private final String name;

  LimitKeys(Key key) {
    this.key = key;
    this.name = key.name() == null ? "" : key.name();
  }

  String of(Exchange exchange) {
    return switch (key.kind()) {
      case CLIENT_IP -> network(exchange.clientAddress());
      case ROUTE -> {
        RouteView route = exchange.route();
        yield route == null ? "" : route.name();
      }
      case HEADER -> value(exchange.requestHeaders().get(name), exchange);
      case COOKIE -> value(Cookies.find(exchange.requestHeaders(), name), exchange);
    };
  }

  private static String value(@Nullable String given, Exchange exchange) {
    if (given == null || given.isEmpty()) {
      // Apart from values that clients choose: nobody can speak in another's name.
      return "\u0000" + network(exchange.clientAddress());
    }
    return given.length() <= LONGEST ? given : hash(given);
  }

  /** An IPv4 address as it is, of an IPv6 address its network. */
  static String network(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    byte[] octets = NetUtil.createByteArrayFromIpAddressString(address);
    return octets == null || octets.length <= IPV6_NETWORK_BYTES
        ? address
        : HexFormat.of().formatHex(Arrays.copyOf(octets, IPV6_NETWORK_BYTES)) + "::/64";
  }

  private static String hash(String value) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException everyPlatformHasIt) {
      throw new IllegalStateException(everyPlatformHasIt);
    }
  }
}
