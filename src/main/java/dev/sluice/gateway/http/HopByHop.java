package dev.sluice.gateway.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/** Takes off what belongs to one connection only (RFC 9110 §7.6.1). Stateless. */
public final class HopByHop {
  private static final CharSequence[] OWN = {
    HttpHeaders.CONNECTION,
    HttpHeaders.createOptimized("keep-alive"),
    HttpHeaders.createOptimized("proxy-connection"),
    HttpHeaders.createOptimized("te"),
    HttpHeaders.TRANSFER_ENCODING,
    HttpHeaders.UPGRADE,
    HttpHeaders.createOptimized("proxy-authenticate"),
    HttpHeaders.createOptimized("proxy-authorization"),
    HttpHeaders.createOptimized("http2-settings")
  };

  private HopByHop() {}

  /** Removes hop-by-hop headers and those that {@code Connection} names. */
  public static void strip(MultiMap headers) {
    stripNominated(headers);
    stripOwn(headers);
  }

  /**
   * Removes what {@code Connection} names. For requests this is done before filters run, so that a
   * client cannot take off what the gateway itself puts on.
   */
  public static void stripNominated(MultiMap headers) {
    if (headers.contains(HttpHeaders.CONNECTION)) {
      for (String connection : headers.getAll(HttpHeaders.CONNECTION)) {
        nominated(headers, connection);
      }
    }
  }

  /** Removes the headers that always belong to one connection. */
  public static void stripOwn(MultiMap headers) {
    for (CharSequence name : OWN) {
      headers.remove(name);
    }
  }

  private static void nominated(MultiMap headers, String connection) {
    int start = 0;
    while (start < connection.length()) {
      int comma = connection.indexOf(',', start);
      int end = comma < 0 ? connection.length() : comma;
      String name = connection.substring(start, end).strip();
      // A sender may not take off what frames or addresses the message.
      if (!name.isEmpty() && !essential(name)) {
        headers.remove(name);
      }
      start = end + 1;
    }
  }

  private static boolean essential(String name) {
    return name.equalsIgnoreCase("close")
        || name.equalsIgnoreCase("keep-alive")
        || name.equalsIgnoreCase("upgrade")
        || name.equalsIgnoreCase("te")
        || name.equalsIgnoreCase("transfer-encoding")
        || name.equalsIgnoreCase("expect")
        || name.equalsIgnoreCase("range")
        || name.regionMatches(true, 0, "if-", 0, 3)
        || name.equalsIgnoreCase("host")
        || name.equalsIgnoreCase("content-length")
        || name.equalsIgnoreCase("content-type")
        || name.equalsIgnoreCase("content-encoding")
        || name.equalsIgnoreCase("content-range")
        || name.equalsIgnoreCase("authorization")
        || name.equalsIgnoreCase("cookie")
        || name.equalsIgnoreCase("set-cookie")
        || name.equalsIgnoreCase("cache-control");
  }
}
