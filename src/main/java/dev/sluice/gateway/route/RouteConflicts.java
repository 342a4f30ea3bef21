package dev.sluice.gateway.route;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RouteConfig.Match;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds routes between which a table could not decide, and routes that no request can reach. Pure;
 * any thread.
 */
public final class RouteConflicts {
  private RouteConflicts() {}

  /**
   * One finding.
   *
   * @param kind what is wrong
   * @param route the route that is to be changed: the later one in the file
   * @param other the one it collides with
   * @param position of {@code route}, as file:line:column
   * @param sentence names both routes and both positions
   */
  public record Conflict(Kind kind, String route, String other, String position, String sentence) {}

  /** What is wrong. */
  public enum Kind {
    /** Some requests fit both equally well. */
    AMBIGUOUS,
    /** Another route takes everything that this one would. */
    UNREACHABLE
  }

  /**
   * Looks at all routes of a configuration.
   *
   * @param routes in the order of the file
   * @param listeners names of all listeners: a list of all of them is as good as none
   */
  public static List<Conflict> find(List<RouteConfig> routes, List<String> listeners) {
    Map<String, List<RouteConfig>> groups = new HashMap<>();
    List<RouteConfig> expressions = new ArrayList<>();
    List<RouteConfig> rests = new ArrayList<>();
    Set<Conflict> found = new LinkedHashSet<>();
    for (RouteConfig route : routes) {
      switch (route.match().path()) {
        case PathPattern.Template template -> {
          PathTemplate parsed = PathTemplate.parse(template.text());
          if (parsed.rest()) {
            rests.add(route);
          }
          String shape = parsed.shape();
          for (String host : hosts(route)) {
            List<RouteConfig> group =
                groups.computeIfAbsent(host + shape, ignored -> new ArrayList<>());
            for (RouteConfig earlier : group) {
              compare(earlier, route, listeners, found);
            }
            group.add(route);
          }
        }
        case PathPattern.Regex regex -> {
          expressions(expressions, route, regex, listeners, found);
          expressions.add(route);
        }
      }
    }
    for (RouteConfig expression : expressions) {
      behindTemplate(expression, rests, listeners, found);
    }
    return List.copyOf(found);
  }

  /**
   * An expression is tried after all templates: one that takes all that begins like it hides it.
   */
  private static void behindTemplate(
      RouteConfig expression,
      List<RouteConfig> rests,
      List<String> listeners,
      Set<Conflict> found) {
    if (!(expression.match().path() instanceof PathPattern.Regex regex)) {
      return;
    }
    String prefix = literalPrefix(regex.text());
    for (RouteConfig rest : rests) {
      if (rest.match().path() instanceof PathPattern.Template template
          && prefix.startsWith(template.text().substring(0, template.text().length() - 1))
          && coversHosts(rest, expression)
          && covers(rest.match(), expression.match(), listeners)) {
        found.add(unreachable(expression, rest));
        return;
      }
    }
  }

  /** What every path that the expression takes begins with; at least a slash, like every path. */
  static String literalPrefix(String regex) {
    int end = regex.startsWith("/") && regex.indexOf('|') < 0 ? 1 : 0;
    if (end == 0) {
      return "/";
    }
    while (end < regex.length() && ".[](){}*+?^$\\".indexOf(regex.charAt(end)) < 0) {
      end++;
    }
    boolean repeated = end < regex.length() && "*?{".indexOf(regex.charAt(end)) >= 0;
    return regex.substring(0, Math.max(1, repeated ? end - 1 : end));
  }

  private static boolean coversHosts(RouteConfig outer, RouteConfig inner) {
    List<String> hosts = hosts(outer);
    return hosts.contains("") || hosts.containsAll(hosts(inner));
  }

  /**
   * Of two with equal conditions neither can be told from the other; of two that overlap, by their
   * number.
   */
  private static void compare(
      RouteConfig earlier, RouteConfig later, List<String> listeners, Set<Conflict> found) {
    int one = RouteConditions.count(earlier.match());
    int other = RouteConditions.count(later.match());
    if (!overlap(earlier.match(), later.match())) {
      return;
    }
    if (one == other) {
      found.add(
          conflict(
              Kind.AMBIGUOUS,
              later,
              earlier,
              "matches the same requests as",
              "neither is more specific; give one of them a further condition"));
      return;
    }
    RouteConfig first = one > other ? earlier : later;
    RouteConfig second = one > other ? later : earlier;
    // More conditions and yet nothing left out: only a list that names every listener does that.
    if (covers(first.match(), second.match(), listeners)
        && hosts(first).containsAll(hosts(second))) {
      found.add(unreachable(second, first));
    }
  }

  private static void expressions(
      List<RouteConfig> earlier,
      RouteConfig route,
      PathPattern.Regex regex,
      List<String> listeners,
      Set<Conflict> found) {
    for (RouteConfig each : earlier) {
      boolean takesAll =
          each.match().path() instanceof PathPattern.Regex other
              && (other.text().equals(regex.text())
                  || other.text().equals(".*")
                  || other.text().equals("/.*"));
      if (takesAll && coversHosts(each, route) && covers(each.match(), route.match(), listeners)) {
        found.add(unreachable(route, each));
        return;
      }
    }
  }

  /** Whether a request can fulfil the conditions of both, hosts and paths being equal. */
  private static boolean overlap(Match one, Match other) {
    // A header may stand twice in a request, with both values; but two values of one name are
    // written down as a choice,
    // and a request that makes both goes to the earlier route.
    return meet(one.methods(), other.methods())
        && meet(one.listeners(), other.listeners())
        && !differ(lower(one.headers()), lower(other.headers()))
        && !differ(one.query(), other.query());
  }

  /** Whether the first takes all that the second would take, hosts and paths being equal. */
  private static boolean covers(Match first, Match second, List<String> listeners) {
    return contains(first.methods(), second.methods())
        && (first.listeners().containsAll(listeners)
            || contains(first.listeners(), second.listeners()))
        && lower(second.headers()).entrySet().containsAll(lower(first.headers()).entrySet())
        && second.query().entrySet().containsAll(first.query().entrySet());
  }

  private static boolean contains(List<String> outer, List<String> inner) {
    return outer.isEmpty() || (!inner.isEmpty() && outer.containsAll(inner));
  }

  private static boolean meet(List<String> one, List<String> other) {
    return one.isEmpty() || other.isEmpty() || one.stream().anyMatch(other::contains);
  }

  private static boolean differ(Map<String, String> one, Map<String, String> other) {
    return one.entrySet().stream()
        .anyMatch(entry -> {
          String value = other.get(entry.getKey());
          return value != null && !value.equals(entry.getValue());
        });
  }

  private static Map<String, String> lower(Map<String, String> headers) {
    Map<String, String> lower = new HashMap<>();
    headers.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
    return lower;
  }

  /** The route's hosts; "" stands for any. */
  private static List<String> hosts(RouteConfig route) {
    List<String> hosts = route.match().hosts();
    return hosts.isEmpty()
        ? List.of("")
        : hosts.stream()
            .map(host -> host.equals("*") ? "" : host.toLowerCase(Locale.ROOT))
            .distinct()
            .toList();
  }

  private static Conflict unreachable(RouteConfig route, RouteConfig by) {
    return conflict(
        Kind.UNREACHABLE, route, by, "can never match: every request it would take goes to", "");
  }

  private static Conflict conflict(
      Kind kind, RouteConfig route, RouteConfig other, String words, String advice) {
    String sentence =
        "route \""
            + route.name()
            + "\" ("
            + route.position()
            + ") "
            + words
            + " route \""
            + other.name()
            + "\" ("
            + other.position()
            + ")"
            + (advice.isEmpty() ? "" : "; " + advice);
    return new Conflict(kind, route.name(), other.name(), route.position(), sentence);
  }
}
