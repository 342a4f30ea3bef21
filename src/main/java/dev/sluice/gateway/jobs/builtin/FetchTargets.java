package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.config.Cidr;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where {@code bulk-fetch} may go, so that no client makes the gateway ask what only the gateway
 * can reach (server-side request forgery): hosts that the configuration lists, at addresses of the
 * public internet unless it lists others. Immutable; any thread.
 *
 * @param allowed hosts
 * @param privates blocks of addresses that are allowed though they are not public
 */
record FetchTargets(List<Host> allowed, List<Cidr> privates) {
  /** Special-purpose addresses (RFC 6890 and its registries), none of them a public server's. */
  private static final List<Cidr> SPECIAL =
      List.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.0.2.0/24",
              "192.88.99.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "224.0.0.0/3",
              "::/127",
              "64:ff9b::/96",
              "64:ff9b:1::/48",
              "100::/64",
              "2001::/23",
              "2001:db8::/32",
              "2002::/16",
              "fc00::/7",
              "fe80::/9",
              "ff00::/8")
          .stream()
          .map(Cidr::parse)
          .toList();

  /**
   * A host.
   *
   * @param name lower case; of {@code *.example.com} what follows the star, with its dot
   * @param port 0 for the scheme's own, -1 for any
   */
  record Host(String name, boolean below, int port) {
    boolean takes(String host, int asked, int own) {
      boolean named =
          below ? host.endsWith(name) && host.length() > name.length() : host.equals(name);
      return named && (port == -1 || asked == (port == 0 ? own : port));
    }
  }

  static FetchTargets of(List<String> allow, List<String> privates) {
    List<Host> hosts = new ArrayList<>();
    for (String text : allow) {
      int colon = text.lastIndexOf(':');
      boolean port = colon > 0 && text.indexOf(']', colon) < 0;
      String name = (port ? text.substring(0, colon) : text).toLowerCase(Locale.ROOT);
      String number = port ? text.substring(colon + 1) : "0";
      boolean below = name.startsWith("*.");
      if (!number.equals("*") && Integer.parseInt(number) > 65_535) {
        throw new IllegalArgumentException("allow: " + text + " has no port");
      }
      hosts.add(
          new Host(
              below ? name.substring(1) : unbracketed(name),
              below,
              number.equals("*") ? -1 : Integer.parseInt(number)));
    }
    return new FetchTargets(hosts, FetchSettings.blocks(privates));
  }

  /** The host of an address, as it is compared and resolved. */
  static String host(URI uri) {
    return unbracketed(uri.getHost().toLowerCase(Locale.ROOT));
  }

  /** The port of an address. */
  static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : own(uri);
  }

  private static int own(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }

  private static String unbracketed(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /** Why an address is not asked, in a few words; null when it may be. */
  @Nullable String refusal(URI uri) {
    String scheme = uri.getScheme();
    if (!"http".equalsIgnoreCase(scheme) && !"https".equalsIgnoreCase(scheme)) {
      return "only http and https are fetched";
    }
    if (uri.getHost() == null || uri.getRawUserInfo() != null) {
      return uri.getHost() == null ? "it has no host" : "it has credentials";
    }
    String host = host(uri);
    for (Host one : allowed) {
      if (one.takes(host, port(uri), own(uri))) {
        return null;
      }
    }
    return "this host and port are not allowed";
  }

  /** Whether a host may be asked at this address. */
  boolean reachable(InetAddress address) {
    for (Cidr block : privates) {
      if (block.contains(address)) {
        return true;
      }
    }
    for (Cidr block : SPECIAL) {
      if (block.contains(address)) {
        return false;
      }
    }
    return true;
  }
}
