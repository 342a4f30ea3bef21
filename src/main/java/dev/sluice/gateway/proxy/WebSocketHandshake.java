package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

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

  /** Whether the request asks for a WebSocket (RFC 6455 §4.1, RFC 9110 §7.8). */
  static boolean asked(Exchange exchange) {
    if (exchange.http2()) {
      return false;
    }
    MultiMap headers = exchange.requestHeaders();
    String upgrade = headers.get(HttpHeaders.UPGRADE);
    return upgrade != null
        && "websocket".equalsIgnoreCase(upgrade)
        && connectionNames(headers, "upgrade")
        && exchange.request().method().equals(HttpMethod.GET)
        && exchange.request().version() == HttpVersion.HTTP_1_1;
  }

  private static boolean connectionNames(MultiMap headers, String option) {
    for (String line : headers.getAll(HttpHeaders.CONNECTION)) {
      for (String name : line.split(",", -1)) {
        if (name.strip().equalsIgnoreCase(option)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * What is wrong with it; null when it is well formed (RFC 6455 §4.2.1): version 13, a key of 16
   * octets, a target that is a URI, no body.
   */
  static @Nullable String fault(Exchange exchange) {
    MultiMap headers = exchange.requestHeaders();
    if (!"13".equals(headers.get("sec-websocket-version"))) {
      return "Sec-WebSocket-Version is not 13";
    }
    if (!key(headers.get("sec-websocket-key"))) {
      return "Sec-WebSocket-Key is not the Base64 of 16 octets";
    }
    if (!exchange.body().isEmpty()) {
      return "a WebSocket's handshake has no body";
    }
    try {
      new URI(exchange.request().uri());
      return null;
    } catch (URISyntaxException malformed) {
      return "a WebSocket's target must be a URI (RFC 3986); percent-encode what is not";
    }
  }

  private static boolean key(@Nullable String key) {
    if (key == null || key.length() != KEY_LENGTH) {
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
