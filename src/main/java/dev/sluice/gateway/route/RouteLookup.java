package dev.sluice.gateway.route;

import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/**
 * Question and answer of one look-up in a {@link RouteTable}; each loop keeps one and uses it again, so that a look-up
 * allocates no more than the parameters' values.
 */
public final class RouteLookup {
  // question
  int listener;
  String host = "";
  String path = "";
  String method = "";
  @Nullable MultiMap headers;
  @Nullable String query;

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
      int listener, String host, String path, String method, MultiMap headers, @Nullable String query) {
    this.listener = listener;
    this.host = host;
    this.path = path;
    this.method = method;
    this.headers = headers;
    this.query = query;
    this.route = null;
    this.values = NO_VALUES;
    this.allow = null;
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

  /** When no route takes it, but some would with another method: the value of {@code Allow}; otherwise null. */
  public @Nullable String allow() {
    return allow;
  }
}
