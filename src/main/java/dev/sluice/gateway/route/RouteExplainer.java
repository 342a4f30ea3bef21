package dev.sluice.gateway.route;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says which route takes a request and why the nearer ones do not. Pure; for people, not for the
 * request path.
 */
public final class RouteExplainer {
  private final RouteTable table;
  private final List<String> listeners;

  /**
   * Explains a table.
   *
   * @param listeners names by index, as the table was made with
   */
  public RouteExplainer(RouteTable table, List<String> listeners) {
    this.table = table;
    this.listeners = List.copyOf(listeners);
  }

  /**
   * The answer.
   *
   * @param route the one that takes the request; null when none does
   * @param values of its parameters
   * @param allow the methods that would be taken, when only the method is wrong; otherwise null
   * @param others those that do not take it, the nearest first
   */
  public record Explanation(
      @Nullable Route route, List<String> values, @Nullable String allow, List<Miss> others) {
    public Explanation {
      values = List.copyOf(values);
      others = List.copyOf(others);
    }
  }

  /**
   * One route that does not take the request.
   *
   * @param held how many of host, path and conditions held before the first that did not
   * @param reason a sentence without the route's name
   */
  public record Miss(Route route, int held, String reason) {}

  /** Explains one request; at most {@code limit} other routes. */
  public Explanation explain(RouteLookup lookup, int limit) {
    table.match(lookup);
    Route taken = lookup.route();
    List<Miss> misses = new ArrayList<>();
    for (Route route : table.routes()) {
      if (route != taken) {
        misses.add(miss(route, taken, lookup));
      }
    }
    misses.sort(Comparator.comparingInt(Miss::held).reversed());
    return new Explanation(
        taken,
        List.of(lookup.values()),
        lookup.allow(),
        misses.subList(0, Math.min(limit, misses.size())));
  }

  private Miss miss(Route route, @Nullable Route taken, RouteLookup lookup) {
    RouteConfig.Match match = route.config().match();
    if (!HostIndex.takes(match.hosts(), lookup.host)) {
      return new Miss(
          route, 0, "host " + lookup.host + " is not among " + String.join(", ", match.hosts()));
    }
    int segments = 1;
    switch (match.path()) {
      case PathPattern.Regex regex -> {
        if (!com.google.re2j.Pattern.matches(regex.text(), lookup.path)) {
          return new Miss(
              route, segments, "the path does not match the expression " + regex.text());
        }
      }
      case PathPattern.Template template -> {
        int wrong = wrongSegment(PathTemplate.parse(template.text()), lookup.path);
        if (wrong > 0) {
          return new Miss(
              route, wrong, "the path differs from " + template.text() + " at segment " + wrong);
        }
      }
    }
    RouteConditions conditions = new RouteConditions(route, 0, listeners);
    int held = 10_000;
    if (conditions.method(lookup) == RouteConditions.NO) {
      return new Miss(
          route,
          held,
          "method " + lookup.method + " is not among " + String.join(", ", match.methods()));
    }
    if (!conditions.through(lookup.listener)) {
      return new Miss(
          route, held, "the listener is not among " + String.join(", ", match.listeners()));
    }
    String condition = condition(match, lookup);
    if (condition != null) {
      return new Miss(route, held, condition);
    }
    return new Miss(
        route,
        held + 1,
        taken == null
            ? "it would take the request"
            : "it would take the request, but route " + taken.name() + " goes first");
  }

  private static @Nullable String condition(RouteConfig.Match match, RouteLookup lookup) {
    for (Map.Entry<String, String> header : match.headers().entrySet()) {
      String name = header.getKey();
      if (lookup.headers == null || !lookup.headers.contains(name)) {
        return "header " + name + " is missing";
      }
      if (!lookup.headers.contains(name, header.getValue(), false)) {
        return "header " + name + " is not \"" + header.getValue() + "\"";
      }
    }
    for (Map.Entry<String, String> parameter : match.query().entrySet()) {
      if (lookup.query == null
          || !RouteConditions.holds(
              lookup.query,
              parameter.getKey().getBytes(StandardCharsets.UTF_8),
              parameter.getValue().getBytes(StandardCharsets.UTF_8))) {
        return "query parameter " + parameter.getKey() + " is not \"" + parameter.getValue() + "\"";
      }
    }
    return null;
  }

  /** The first segment, from 1, that differs; 0 when the path fits. */
  static int wrongSegment(PathTemplate template, String path) {
    int at = 0;
    int number = 1;
    if (!path.startsWith("/")) {
      return 1;
    }
    for (PathTemplate.Segment segment : template.segments()) {
      if (at >= path.length()) {
        return number;
      }
      int slash = path.indexOf('/', at + 1);
      int to = slash < 0 ? path.length() : slash;
      int from = at + 1;
      boolean fits =
          switch (segment) {
            case PathTemplate.Segment.Literal literal ->
                PercentText.same(PercentText.octets(literal.text()), path, from, to);
            case PathTemplate.Segment.Parameter ignored -> to > from;
          };
      if (!fits) {
        return number;
      }
      at = to;
      number++;
    }
    return at == path.length() || template.rest() ? 0 : number;
  }
}
