package dev.sluice.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The table against a matcher that sorts all routes by the definition of precedence and takes the
 * first that fits.
 */
class RouteTableReferenceTest {
  private static final String[] HOSTS = {
    "a.example.org", "b.a.example.org", "example.org", "x.net"
  };
  private static final String[] HOST_RULES = {
    "a.example.org", "*.example.org", "*.a.example.org", "*.org", "x.net"
  };
  private static final String[] SEGMENTS = {"a", "b", "c", "", "d%20e"};
  private static final String[] METHODS = {"GET", "HEAD", "POST", "OPTIONS", "DELETE"};
  private static final String[] EXPRESSIONS = {"~/a/(.*)", "~/[ab]/?", "~.*", "~/b(/c)?/a"};

  private record Request(
      int listener,
      String host,
      String path,
      String method,
      MultiMap headers,
      @Nullable String query) {}

  @Test
  void everyLookUpAgreesWithTheReference() {
    int taken = 0;
    for (int seed = 0; seed < 1500; seed++) {
      Random random = new Random(seed);
      List<Route> routes = table(random);
      RouteTable table = new RouteTable(routes, Routes.LISTENERS);
      RouteExplainer explainer = new RouteExplainer(table, Routes.LISTENERS);
      RouteLookup lookup = new RouteLookup();
      for (int i = 0; i < 100; i++) {
        Request request = request(random);
        Route expected = reference(routes, request);
        table.match(ask(lookup, request));
        assertThat(name(lookup.route())).as("seed %d, %s", seed, request).isEqualTo(name(expected));
        if (expected != null) {
          taken++;
          assertThat(lookup.values()).hasSameSizeAs(expected.parameterNames());
        } else {
          assertThat(lookup.allow())
              .as("seed %d, %s", seed, request)
              .isEqualTo(allow(routes, request));
        }
        if (i % 10 == 0) {
          RouteExplainer.Explanation explained = explainer.explain(ask(lookup, request), 100);
          assertThat(name(explained.route())).isEqualTo(name(expected));
          if (expected == null) {
            assertThat(explained.others())
                .noneMatch(miss -> miss.reason().startsWith("it would take"));
          }
        }
      }
    }
    assertThat(taken).isGreaterThan(30_000);
  }

  private static RouteLookup ask(RouteLookup lookup, Request r) {
    return lookup.ask(r.listener(), r.host(), r.path(), r.method(), r.headers(), r.query());
  }

  private static String name(@Nullable Route route) {
    return route == null ? "none" : route.name();
  }

  // -- the reference --

  private static @Nullable Route reference(List<Route> routes, Request request) {
    List<Route> fitting = new ArrayList<>();
    for (Route route : routes) {
      if (place(route, request) && others(route, request) && takes(route, request)) {
        fitting.add(route);
      }
    }
    List<Route> sorted = new ArrayList<>(fitting);
    sorted.sort(
        Comparator.comparing((Route r) -> rank(r, request))
            .thenComparing(r -> -conditions(r))
            .thenComparing(routes::indexOf));
    if (sorted.isEmpty()) {
      return null;
    }
    Route best = sorted.get(0);
    if (fallback(best, request)) {
      for (Route each : sorted) {
        if (rank(each, request).equals(rank(best, request))
            && !(each.config().match().path() instanceof PathPattern.Regex)
            && each.config().match().methods().contains(request.method())) {
          return each;
        }
      }
    }
    return best;
  }

  /**
   * Smaller is more specific: host first, then segments, then the order of the file for
   * expressions.
   */
  private static String rank(Route route, Request request) {
    RouteConfig.Match match = route.config().match();
    if (match.path() instanceof PathPattern.Regex) {
      return "9" + String.format("%05d", Integer.parseInt(route.name().substring(1)));
    }
    int host = 999;
    for (String each : match.hosts()) {
      if (each.equals(request.host())) {
        host = 0;
      } else if (each.startsWith("*") && request.host().endsWith(each.substring(1))) {
        host = Math.min(host, 500 - each.length());
      }
    }
    StringBuilder rank = new StringBuilder("1").append(String.format("%03d", host));
    String text = ((PathPattern.Template) match.path()).text();
    for (String part : text.substring(1).split("/", -1)) {
      rank.append(part.equals("*") ? 'r' : part.startsWith("{") ? 'p' : 'l');
    }
    return rank.toString();
  }

  private static int conditions(Route route) {
    RouteConfig.Match match = route.config().match();
    return Math.min(1, match.methods().size())
        + Math.min(1, match.listeners().size())
        + match.headers().size()
        + match.query().size();
  }

  private static boolean place(Route route, Request request) {
    RouteConfig.Match match = route.config().match();
    boolean host = match.hosts().isEmpty();
    for (String each : match.hosts()) {
      host |= each.equals(request.host());
      host |= each.startsWith("*.") && request.host().endsWith(each.substring(1));
    }
    return host && path(match.path(), request.path());
  }

  private static boolean path(PathPattern pattern, String path) {
    if (pattern instanceof PathPattern.Regex regex) {
      return Pattern.matches(regex.text(), path);
    }
    StringBuilder regex = new StringBuilder();
    for (String part : ((PathPattern.Template) pattern).text().substring(1).split("/", -1)) {
      regex.append(
          part.equals("*")
              ? "(/.*)?"
              : part.startsWith("{") ? "/[^/]+" : "/" + Pattern.quote(part.replace(" ", "%20")));
    }
    return path.matches(regex.toString());
  }

  private static boolean others(Route route, Request request) {
    RouteConfig.Match match = route.config().match();
    return (match.listeners().isEmpty()
            || match.listeners().contains(Routes.LISTENERS.get(request.listener())))
        && match.headers().entrySet().stream()
            .allMatch(e -> request.headers().getAll(e.getKey()).contains(e.getValue()))
        && match.query().entrySet().stream()
            .allMatch(e ->
                request.query() != null
                    && Arrays.asList(request.query().split("&"))
                        .contains(e.getKey() + "=" + e.getValue()));
  }

  private static boolean takes(Route route, Request request) {
    List<String> methods = route.config().match().methods();
    return methods.isEmpty() || methods.contains(request.method()) || fallback(route, request);
  }

  private static boolean fallback(Route route, Request request) {
    List<String> methods = route.config().match().methods();
    if (methods.isEmpty() || methods.contains(request.method())) {
      return false;
    }
    if (request.method().equals("HEAD")) {
      return methods.contains("GET");
    }
    String asked = request.headers().get("access-control-request-method");
    return request.method().equals("OPTIONS")
        && asked != null
        && route.chain(0).answersPreflight()
        && methods.contains(asked);
  }

  private static @Nullable String allow(List<Route> routes, Request request) {
    java.util.TreeSet<String> allow = new java.util.TreeSet<>();
    for (Route route : routes) {
      if (place(route, request) && others(route, request)) {
        allow.addAll(route.config().match().methods());
        if (route.chain(0).answersPreflight()) {
          allow.add("OPTIONS");
        }
      }
    }
    if (allow.contains("GET")) {
      allow.add("HEAD");
    }
    return allow.isEmpty() ? null : String.join(", ", allow);
  }

  // -- chance --

  private static List<Route> table(Random random) {
    List<Route> routes = new ArrayList<>();
    int size = 1 + random.nextInt(30);
    for (int i = 0; i < size; i++) {
      List<String> hosts =
          random.nextBoolean()
              ? List.of()
              : random.nextBoolean()
                  ? List.of(pick(random, HOST_RULES))
                  : List.of(pick(random, HOST_RULES), pick(random, HOST_RULES));
      List<String> methods = new ArrayList<>();
      for (int m = random.nextInt(3); m > 0; m--) {
        methods.add(pick(random, METHODS));
      }
      routes.add(
          Routes.route(
              "r" + i,
              Routes.match(
                  hosts,
                  random.nextInt(10) == 0 ? pick(random, EXPRESSIONS) : pattern(random),
                  methods,
                  random.nextInt(4) == 0 ? Map.of("x-beta", pick(random, "1", "2")) : Map.of(),
                  random.nextInt(4) == 0 ? Map.of("v", pick(random, "1", "2")) : Map.of(),
                  random.nextInt(5) == 0 ? List.of(pick(random, "public", "secure")) : List.of()),
              random.nextInt(3) == 0));
    }
    return routes;
  }

  private static String pattern(Random random) {
    StringBuilder path = new StringBuilder();
    int depth = 1 + random.nextInt(4);
    for (int i = 0; i < depth; i++) {
      path.append('/');
      switch (random.nextInt(4)) {
        case 0 -> path.append("{p").append(i).append('}');
        case 1 -> {
          if (i == depth - 1) {
            path.append('*');
          } else {
            path.append("{p").append(i).append('}');
          }
        }
        default -> path.append(pick(random, SEGMENTS).replace("%20", " "));
      }
    }
    return path.toString();
  }

  private static Request request(Random random) {
    StringBuilder path = new StringBuilder();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      path.append('/').append(pick(random, SEGMENTS));
    }
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    Map<String, String> given = new HashMap<>();
    if (random.nextBoolean()) {
      given.put("X-Beta", pick(random, "1", "2", "3"));
    }
    if (random.nextBoolean()) {
      given.put("origin", "https://page.example");
      given.put("access-control-request-method", pick(random, METHODS));
    }
    headers.addAll(given);
    String query = pick(random, "", "v=1", "v=2", "a=b&v=1&v=2");
    return new Request(
        random.nextInt(2),
        pick(random, HOSTS),
        path.toString(),
        pick(random, METHODS),
        headers,
        query.isEmpty() ? null : query);
  }

  private static String pick(Random random, String... from) {
    return from[random.nextInt(from.length)];
  }
}
