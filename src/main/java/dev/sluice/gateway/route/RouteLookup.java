package dev.sluice.gateway.route;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Question and answer of one look-up in a {@link RouteTable}; each loop keeps one and uses it
 * again, so that a look-up allocates no more than the parameters' values.
 */
public final class RouteLookup {
  // question
  int listener;
  String host = "";
  String path = "";
  String method = "";
  @Nullable MultiMap headers;
  @Nullable String query;

  /** Begin and end of each parameter taken so far; kept from look-up to look-up. */
  private int[] spans = new int[16];

  /** Nodes entered by this look-up: its cost. */
  int visits;

  // answer
  @Nullable Route route;
  String[] values = NO_VALUES;
  @Nullable String allow;

  static final String[] NO_VALUES = new String[0];

  /**
   * Asks anew.
   *
   * @param listener index of the listener
   * @param host lower case, no port
   * @param path normal form, percent-encoded
   * @param method upper case
   */
  public RouteLookup ask(
      int listener,
      String host,
      String path,
      String method,
      MultiMap headers,
      @Nullable String query) {
    this.listener = listener;
    this.host = host;
    this.path = path;
    this.method = method;
    this.headers = headers;
    this.query = query;
    this.route = null;
    this.values = NO_VALUES;
    this.allow = null;
    this.visits = 0;
    return this;
  }

  /** The route that takes the request; null when none does. */
  public @Nullable Route route() {
    return route;
  }

  /** Decoded values of the path's parameters. */
  public String[] values() {
    return values;
  }

  /**
   * When no route takes it, but some would with another method: the value of {@code Allow};
   * otherwise null.
   */
  public @Nullable String allow() {
    return allow;
  }

  /** Notes where a parameter stands; a later branch overwrites what an earlier one noted. */
  void span(int index, int from, int to) {
    if (index * 2 + 1 >= spans.length) {
      spans = Arrays.copyOf(spans, spans.length * 2);
    }
    spans[index * 2] = from;
    spans[index * 2 + 1] = to;
  }

  /** This route takes it; only now the values are made. */
  void found(Route found, int count) {
    route = found;
    if (count > 0) {
      String[] decoded = new String[count];
      for (int i = 0; i < count; i++) {
        decoded[i] = PercentText.decode(path, spans[i * 2], spans[i * 2 + 1]);
      }
      values = decoded;
    }
  }

  /** The method that a CORS preflight asks for; null when the request is none. */
  @Nullable String preflightMethod() {
    if (headers == null || !method.equals("OPTIONS") || !headers.contains(HttpHeaders.ORIGIN)) {
      return null;
    }
    return headers.get(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
  }
}
