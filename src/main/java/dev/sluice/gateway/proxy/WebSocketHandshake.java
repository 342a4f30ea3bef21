package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.Base64;

/** What the opening handshake of a WebSocket says (RFC 6455 §4). */
final class WebSocketHandshake {
  private static final int KEY_LENGTH = 24;
  private static final int KEY_OCTETS = 16;
  private static final String[] OWN_HEADERS = {
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-websocket-accept"
  };

  private WebSocketHandshake() {}

  /** Whether the request asks for a WebSocket (RFC 6455 §4.1). */
  static boolean asked(Exchange exchange) {
    if (exchange.http2()) {
      return false;
    }
    String upgrade = exchange.requestHeaders().get(HttpHeaders.UPGRADE);
    return upgrade != null
        && "websocket".equalsIgnoreCase(upgrade)
        && exchange.request().method().equals(HttpMethod.GET)
        && exchange.request().version() == HttpVersion.HTTP_1_1;
  }

  /** RFC 6455 §4.2.1: version 13, and a key of 16 octets. */
  static boolean wellFormed(MultiMap asked) {
    String key = asked.get("sec-websocket-key");
    if (!"13".equals(asked.get("sec-websocket-version"))
        || key == null
        || key.length() != KEY_LENGTH) {
      return false;
    }
    try {
      return Base64.getDecoder().decode(key).length == KEY_OCTETS;
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  /** Takes off the headers that each side of the gateway makes for itself. */
  static void strip(MultiMap headers) {
    for (String name : OWN_HEADERS) {
      headers.remove(name);
    }
  }
}
