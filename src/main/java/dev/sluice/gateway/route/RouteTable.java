package dev.sluice.gateway.route;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All routes, compiled: which one takes a request. Immutable; any thread.
 *
 * <p>Order of precedence: exact host, then wildcard host (longest suffix first), then any host;
 * within a host the path, segment by segment, literal before parameter before rest; within a path
 * the route with more conditions (its list of methods, its list of listeners, each header and each
 * query parameter count one). A route whose conditions fail lets the next one be tried, over all
 * branches and hosts. Regular expressions follow after all of these, in the order of the file; they
 * see the path in its percent-encoded normal form and must match it whole.
 *
 * <p>{@code HEAD} is taken by a route for {@code GET} unless one of the same host and path lists
 * {@code HEAD}. A CORS preflight (OPTIONS with Origin and Access-Control-Request-Method) is taken
 * by the route of the method it asks for, if that route's chain answers preflights, unless one of
 * the same host and path lists {@code OPTIONS}.
 *
 * <p>The path's steps are hash look-ups of the segments, so the cost depends on the path and not on
 * the number of routes; {@link PathTrie} says why going back cannot multiply it.
 */
public final class RouteTable {
  private static final List<String> NO_LISTENERS = List.of();

  private final List<Route> routes;
  private final HostIndex hosts = new HostIndex();
  private final Expression[] expressions;

  /** One route with a regular expression. */
  record Expression(Pattern pattern, RouteConditions[] route) {}

  /** Compiles routes of which none names a listener. */
  public RouteTable(List<Route> routes) {
    this(routes, NO_LISTENERS);
  }

  /**
   * Compiles the routes; they are known to be free of conflicts (see {@link RouteConflicts}).
   *
   * @param listeners names of the listeners by index, as {@link RouteLookup#ask} counts them
   * @throws IllegalArgumentException when a route names another listener or its path cannot be read
   */
  public RouteTable(List<Route> routes, List<String> listeners) {
    this.routes = List.copyOf(routes);
    List<Expression> found = new ArrayList<>();
    for (int i = 0; i < this.routes.size(); i++) {
      Route route = this.routes.get(i);
      RouteConditions conditions = new RouteConditions(route, i, listeners);
      switch (route.config().match().path()) {
        case PathPattern.Template template ->
            hosts.add(
                route.config().match().hosts(), PathTemplate.parse(template.text()), conditions);
        case PathPattern.Regex regex ->
            found.add(
                new Expression(Pattern.compile(regex.text()), new RouteConditions[] {conditions}));
      }
    }
    this.expressions = found.toArray(new Expression[0]);
  }

  /** Finds the route of a request; the answer stands in {@code lookup}. Any thread, no lock. */
  public void match(RouteLookup lookup) {
    if (lookup.path.startsWith("/") && hosts.match(lookup)) {
      return;
    }
    for (Expression each : expressions) {
      if (matchExpression(each, lookup)) {
        return;
      }
    }
    lookup.allow = allow(lookup);
  }

  /** In the order of the file. */
  public List<Route> routes() {
    return routes;
  }

  private static boolean matchExpression(Expression expression, RouteLookup lookup) {
    // The cheap conditions first.
    RouteConditions found = RouteConditions.first(expression.route(), lookup);
    if (found == null || !HostIndex.takes(found.route().config().match().hosts(), lookup.host)) {
      return false;
    }
    Matcher matcher = expression.pattern().matcher(lookup.path);
    if (!matcher.matches()) {
      return false;
    }
    for (int i = 0; i < matcher.groupCount(); i++) {
      // A group that took no part stands at -1: an empty value.
      lookup.span(i, Math.max(0, matcher.start(i + 1)), Math.max(0, matcher.end(i + 1)));
    }
    lookup.found(found.route(), matcher.groupCount());
    return true;
  }

  /** Groups whose host and path take the request, in the order in which they are tried. */
  List<RouteConditions[]> candidates(RouteLookup lookup) {
    List<RouteConditions[]> groups = new ArrayList<>();
    if (lookup.path.startsWith("/")) {
      for (PathTrie.Candidates each : hosts.collect(lookup.host, lookup.path)) {
        groups.add(each.routes());
      }
    }
    for (Expression each : expressions) {
      if (HostIndex.takes(each.route()[0].route().config().match().hosts(), lookup.host)
          && each.pattern().matches(lookup.path)) {
        groups.add(each.route());
      }
    }
    return groups;
  }

  /** What RFC 9110 §15.5.6 asks for: the methods that would be served; null when none would. */
  private @Nullable String allow(RouteLookup lookup) {
    TreeSet<String> methods = new TreeSet<>();
    for (RouteConditions[] group : candidates(lookup)) {
      for (RouteConditions each : group) {
        if (each.others(lookup)) {
          methods.addAll(each.route().config().match().methods());
          if (each.preflight(lookup.listener)) {
            methods.add("OPTIONS");
          }
        }
      }
    }
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    return methods.isEmpty() ? null : String.join(", ", methods);
  }
}
