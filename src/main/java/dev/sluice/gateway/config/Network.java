package dev.sluice.gateway.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Hosts, addresses and blocks of addresses. */
final class Network {
  // RFC 1123 §2.1, and underscores, which container platforms use in service names.
  private static final String LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
  private static final Pattern NAME =
      Pattern.compile("(?=.{1,253}$)" + LABEL + "(\\." + LABEL + ")*\\.?");
  private static final Pattern DIGITS = Pattern.compile("[0-9.]+");

  /** host:port. */
  record HostPort(String host, int port) {}

  /** A listener's or the admin's address. */
  static final Scalar<String> BIND =
      Scalar.of(
          "address (IPv4, IPv6 or `unix:path`)",
          "",
          (text, shown) -> {
            String bare = unbracketed(text);
            if (isIp(bare) || bare.equals("localhost")) {
              return bare;
            }
            if (isUnix(text)) {
              return text;
            }
            throw new Unfit(
                shown
                    + " is no address: write an IPv4 or IPv6 address without a port, or unix:path");
          });

  /** An endpoint's address. */
  static final Scalar<HostPort> ENDPOINT =
      Scalar.of("address (`host:port`, `[ipv6]:port` or `unix:path`)", "", Network::endpoint);

  /** A name or address with its port. */
  static final Scalar<HostPort> HOST_PORT =
      Scalar.of(
          "`host:port`",
          "",
          (text, shown) -> {
            if (text.startsWith("unix:")) {
              throw new Unfit(shown + " is no host and port");
            }
            return endpoint(text, shown);
          });

  /** A host without port. */
  static final Scalar<String> HOST =
      Scalar.of(
          "host name or address",
          "",
          (text, shown) -> {
            if (!isHost(unbracketed(text))) {
              throw new Unfit(shown + " is no host name");
            }
            return text.toLowerCase(Locale.ROOT);
          });

  /** A host that a route matches. */
  static final Scalar<String> HOST_PATTERN =
      Scalar.of("host, or `*.host`", "", Network::hostPattern);

  /** 10.0.0.0/8. */
  static final Scalar<Cidr> CIDR =
      Scalar.of("block of addresses (`10.0.0.0/8`)", "", Network::cidr);

  private Network() {}

  static boolean isIp(String text) {
    return NetUtil.isValidIpV4Address(text)
        || NetUtil.isValidIpV6Address(text) && !text.contains("[");
  }

  static boolean isLoopback(String address) {
    return address.equals("localhost")
        || address.startsWith("unix:")
        || isIp(address) && ip(address).isLoopbackAddress();
  }

  private static boolean isUnix(String text) {
    return text.startsWith("unix:") && text.length() > 5 && text.chars().noneMatch(c -> c < ' ');
  }

  /** {@code unix:} and an absolute path. */
  static String absoluteUnix(String address, Path base) {
    return "unix:" + base.resolveSibling(address.substring(5)).toAbsolutePath().normalize();
  }

  /** A host with or without port, as it stands in a Host header. */
  static String authority(String text, String shown) throws Unfit {
    int colon = text.startsWith("[") ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon);
    if (!isHost(unbracketed(host))) {
      throw new Unfit(
          shown + " is no host name; 'preserve' and 'endpoint' are words with a meaning here");
    }
    if (colon >= 0) {
      int unused = port(text.substring(colon + 1), shown);
    }
    return text.toLowerCase(Locale.ROOT);
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(text));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static String unbracketed(String text) {
    return text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
  }

  private static boolean isHost(String text) {
    // What looks like IPv4 must be IPv4: 10.0.0.256 is a slip and no name.
    return isIp(text) || NAME.matcher(text).matches() && !DIGITS.matcher(text).matches();
  }

  private static HostPort endpoint(String text, String shown) throws Unfit {
    if (isUnix(text)) {
      return new HostPort(text, 0);
    }
    int scheme = text.indexOf("://");
    if (scheme >= 0) {
      throw new Unfit(shown + " has a scheme: write host:port only; tls: {} switches TLS on");
    }
    int colon = text.lastIndexOf(':');
    boolean bareIp6 = NetUtil.isValidIpV6Address(text) && !text.startsWith("[");
    if (colon < 0 || bareIp6 || text.endsWith("]")) {
      throw new Unfit(
          shown
              + (bareIp6
                  ? " needs brackets and a port: [" + "ipv6]:port"
                  : " has no port: write host:port"));
    }
    String host = text.substring(0, colon);
    if (!isHost(unbracketed(host)) || host.contains(":") && !host.startsWith("[")) {
      throw new Unfit(shown + " names no good host");
    }
    return new HostPort(unbracketed(host), port(text.substring(colon + 1), shown));
  }

  private static int port(String text, String shown) throws Unfit {
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > 65_535) {
      throw new Unfit(shown + " has a bad port: 1 to 65535");
    }
    return port;
  }

  private static String hostPattern(String text, String shown) throws Unfit {
    String rest = text.startsWith("*.") ? text.substring(2) : text;
    if (rest.contains("*")) {
      throw new Unfit(
          shown
              + " is no host pattern: '*' may only stand for the first label, as in *.example.com");
    }
    if (rest.contains(":") && !NetUtil.isValidIpV6Address(unbracketed(rest))) {
      throw new Unfit(
          shown + " has a port or path: a route matches the host only; use listeners for ports");
    }
    if (!isHost(unbracketed(rest))) {
      throw new Unfit(shown + " is no host name");
    }
    return text.toLowerCase(Locale.ROOT);
  }

  private static Cidr cidr(String text, String shown) throws Unfit {
    List<String> parts = List.of(text.split("/", -1));
    String address = parts.get(0);
    if (parts.size() > 2 || !isIp(address)) {
      throw new Unfit(shown + " is no block of addresses: write for instance 10.0.0.0/8");
    }
    InetAddress network = ip(address);
    int bits = network.getAddress().length * 8;
    int prefix = bits;
    if (parts.size() == 2) {
      prefix = parts.get(1).matches("[0-9]{1,3}") ? Integer.parseInt(parts.get(1)) : -1;
      if (prefix < 0 || prefix > bits) {
        throw new Unfit(shown + " has a bad prefix length: 0 to " + bits);
      }
    }
    return new Cidr(network, prefix);
  }
}
