package dev.sluice.gateway.route;

import dev.sluice.gateway.config.RouteConfig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a route asks for beside host and path, compiled. Immutable. */
final class RouteConditions {
  /** The method is another. */
  static final int NO = 0;

  /**
   * HEAD on a route for GET, or the preflight of a method of the route: a route that lists the
   * method goes first.
   */
  static final int FALLBACK = 1;

  /** The route takes all methods. */
  static final int ANY = 2;

  /** The route lists the method. */
  static final int LISTED = 3;

  private final Route route;
  private final int order;
  private final int count;
  private final String[] methods;
  private final String[] headerNames;
  private final String[] headerValues;
  private final byte[][] queryNames;
  private final byte[][] queryValues;
  private final boolean @Nullable [] listeners;

  RouteConditions(Route route, int order, List<String> listenerNames) {
    RouteConfig.Match match = route.config().match();
    this.route = route;
    this.order = order;
    this.count = count(match);
    this.methods = match.methods().toArray(new String[0]);
    this.headerNames = match.headers().keySet().toArray(new String[0]);
    this.headerValues = match.headers().values().toArray(new String[0]);
    this.queryNames = octets(match.query().keySet().toArray(new String[0]));
    this.queryValues = octets(match.query().values().toArray(new String[0]));
    this.listeners = listeners(match.listeners(), listenerNames);
  }

  /**
   * How many conditions: the list of methods is one, that of listeners too, each header and query
   * parameter one.
   */
  static int count(RouteConfig.Match match) {
    return (match.methods().isEmpty() ? 0 : 1)
        + (match.listeners().isEmpty() ? 0 : 1)
        + match.headers().size()
        + match.query().size();
  }

  Route route() {
    return route;
  }

  int order() {
    return order;
  }

  int count() {
    return count;
  }

  /**
   * The first of one group that takes the request; one that lists HEAD or OPTIONS goes ahead of a
   * fallback.
   */
  static @Nullable RouteConditions first(RouteConditions[] group, RouteLookup lookup) {
    RouteConditions fallback = null;
    for (RouteConditions each : group) {
      int method = each.method(lookup);
      if (method == NO || (fallback != null && method != LISTED) || !each.others(lookup)) {
        continue;
      }
      if (method != FALLBACK) {
        return each;
      }
      fallback = each;
    }
    return fallback;
  }

  /** How the route stands to the request's method. */
  int method(RouteLookup lookup) {
    if (methods.length == 0) {
      return ANY;
    }
    if (lists(lookup.method)) {
      return LISTED;
    }
    if (lookup.method.equals("HEAD")) {
      return lists("GET") ? FALLBACK : NO;
    }
    String asked = lookup.preflightMethod();
    return asked != null && preflight(lookup.listener) && lists(asked) ? FALLBACK : NO;
  }

  /** Whether the chain answers CORS preflights of requests through this listener. */
  boolean preflight(int listener) {
    Route at = route;
    return listener >= 0 && listener < at.filters().length && at.chain(listener).answersPreflight();
  }

  boolean lists(String method) {
    for (String each : methods) {
      if (each.equals(method)) {
        return true;
      }
    }
    return false;
  }

  /** Whether all conditions but the method's hold. */
  boolean others(RouteLookup lookup) {
    if (!through(lookup.listener)) {
      return false;
    }
    for (int i = 0; i < headerNames.length; i++) {
      if (lookup.headers == null
          || !lookup.headers.contains(headerNames[i], headerValues[i], false)) {
        return false;
      }
    }
    for (int i = 0; i < queryNames.length; i++) {
      if (lookup.query == null || !holds(lookup.query, queryNames[i], queryValues[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether requests through this listener are taken. */
  boolean through(int listener) {
    return listeners == null
        || (listener >= 0 && listener < listeners.length && listeners[listener]);
  }

  /**
   * Whether a parameter of the query has this value; name and value are compared decoded, plus
   * being a space.
   */
  static boolean holds(String query, byte[] name, byte[] value) {
    int from = 0;
    while (from <= query.length()) {
      int end = query.indexOf('&', from);
      if (end < 0) {
        end = query.length();
      }
      int equals = query.indexOf('=', from);
      int nameEnd = equals < 0 || equals > end ? end : equals;
      if (PercentText.same(name, query, from, nameEnd, true)
          && PercentText.same(value, query, Math.min(nameEnd + 1, end), end, true)) {
        return true;
      }
      from = end + 1;
    }
    return false;
  }

  private static boolean @Nullable [] listeners(List<String> wanted, List<String> names) {
    if (wanted.isEmpty()) {
      return null;
    }
    boolean[] listeners = new boolean[names.size()];
    for (String each : wanted) {
      int index = names.indexOf(each);
      if (index < 0) {
        throw new IllegalArgumentException("unknown listener: " + each);
      }
      listeners[index] = true;
    }
    return listeners;
  }

  private static byte[][] octets(String[] texts) {
    byte[][] octets = new byte[texts.length][];
    for (int i = 0; i < texts.length; i++) {
      octets[i] = texts[i].getBytes(StandardCharsets.UTF_8);
    }
    return octets;
  }
}
