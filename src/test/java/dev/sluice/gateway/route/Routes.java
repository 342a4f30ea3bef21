package dev.sluice.gateway.route;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.FilterChain;
import dev.sluice.gateway.filter.Verdict;
import dev.sluice.gateway.resilience.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Makes routes for tests. */
final class Routes {
  static final List<String> LISTENERS = List.of("public", "secure");
  private static final RetryPolicy RETRY =
      new RetryPolicy(
          2,
          true,
          true,
          false,
          List.of(),
          null,
          new dev.sluice.gateway.resilience.Backoff.Exponential(1, 2),
          0.2);

  private Routes() {}

  static RouteConfig.Match path(String path) {
    return match(List.of(), path, List.of(), Map.of(), Map.of(), List.of());
  }

  static RouteConfig.Match path(String path, String... methods) {
    return match(List.of(), path, List.of(methods), Map.of(), Map.of(), List.of());
  }

  static RouteConfig.Match host(String host, String path) {
    return match(List.of(host), path, List.of(), Map.of(), Map.of(), List.of());
  }

  static RouteConfig.Match match(
      List<String> hosts,
      String path,
      List<String> methods,
      Map<String, String> headers,
      Map<String, String> query,
      List<String> listeners) {
    RouteConfig.PathPattern pattern =
        path.startsWith("~")
            ? new RouteConfig.PathPattern.Regex(path.substring(1))
            : new RouteConfig.PathPattern.Template(path);
    return new RouteConfig.Match(hosts, pattern, methods, headers, query, listeners);
  }

  static RouteConfig config(String name, RouteConfig.Match match) {
    return new RouteConfig(
        name,
        "sluice.yaml:" + name.length() + ":3",
        match,
        new ActionConfig.Upstream("users"),
        null,
        Duration.ofSeconds(15),
        null,
        null,
        RETRY,
        List.of(),
        List.of(),
        new RouteConfig.OnClientAbort.Cancel(),
        Map.of(),
        false,
        new RouteConfig.WebSocketLimits(Duration.ofSeconds(30), 2, 4 << 20),
        false,
        null);
  }

  static Route route(String name, RouteConfig.Match match) {
    return route(name, match, false);
  }

  static Route route(String name, RouteConfig.Match match, boolean cors) {
    FilterChain chain = new FilterChain(cors ? List.of(new Preflights()) : List.of());
    return new Route(
        config(name, match),
        PathTemplate.parameterNames(match.path()),
        new FilterChain[] {chain, chain},
        exchange -> {},
        Observer.NONE);
  }

  /** A filter that says that it answers preflights. */
  private static final class Preflights implements Filter {
    @Override
    public Verdict onRequest(Exchange exchange) {
      return Verdict.CONTINUE;
    }

    @Override
    public boolean answersPreflight() {
      return true;
    }
  }
}
