package dev.sluice.gateway;

import dev.sluice.gateway.assemble.FilterOrder;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission;
import dev.sluice.gateway.http.RequestRules;
import dev.sluice.gateway.route.Route;
import dev.sluice.gateway.route.RouteExplainer;
import dev.sluice.gateway.route.RouteLookup;
import dev.sluice.gateway.route.RouteTable;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * Tells what a gateway with this configuration would do with a request. The command line asks it
 * about a file, the admin API about the configuration that serves; both give the same words. Pure;
 * any thread.
 *
 * @param config the whole configuration
 * @param table its routes, compiled
 */
public record Explainer(GatewayConfig config, RouteTable table) {
  private static final int NEARER = 5;

  // RFC 9110 §5.6.2
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

  private static MultiMap copy(MultiMap given) {
    try {
      return HttpHeaders.headers().addAll(given);
    } catch (IllegalArgumentException malformed) {
      throw new Failed(Failure.BAD_REQUEST, "a header is malformed");
    }
  }

  /**
   * Explains one request.
   *
   * @param method upper case
   * @param url absolute, or a path alone
   * @param given headers of the request; without a Host the URL's authority counts
   * @return route, parameters, filters in order, action, upstreams, bounds in order, retries;
   *     {@code others} are the nearest routes that do not take it, each with the reason
   * @throws Failed when no gateway would take such a request
   */
  public JsonObject explain(String method, String url, MultiMap given) {
    URI uri = uri(url);
    if (!method.matches(TOKEN)) {
      throw new Failed(Failure.BAD_REQUEST, "the method is no method");
    }
    MultiMap headers = copy(given);
    if (!headers.contains(HttpHeaders.HOST)) {
      headers.set(
          HttpHeaders.HOST, uri.getRawAuthority() == null ? "localhost" : uri.getRawAuthority());
    }
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String target = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    Admission.Admitted admitted =
        switch (RequestRules.check(false, false, method, target, null, headers)) {
          case Admission.Refused refused -> throw new Failed(refused.failure(), refused.detail());
          case Admission.Admitted taken -> taken;
        };
    int listener = listener(uri);
    RouteLookup lookup =
        new RouteLookup()
            .ask(listener, admitted.host(), admitted.path(), method, headers, admitted.query());
    List<String> names = config.listeners().stream().map(ListenerConfig::name).toList();
    RouteExplainer.Explanation found = new RouteExplainer(table, names).explain(lookup, NEARER);
    JsonObject out =
        new JsonObject()
            .put("method", method)
            .put("host", admitted.host())
            .put("path", admitted.path())
            .put("listener", config.listeners().get(listener).name());
    Route route = found.route();
    if (route != null) {
      taken(out, route, found.values(), listener);
    }
    if (found.allow() != null) {
      out.put("allow", found.allow());
    }
    JsonArray others = new JsonArray();
    for (RouteExplainer.Miss miss : found.others()) {
      if (route != null && miss.held() <= 1) {
        break; // sorted: from here on not even the first segment fits
      }
      others.add(new JsonObject().put("route", miss.route().name()).put("because", miss.reason()));
    }
    return out.put("others", others);
  }

  private void taken(JsonObject out, Route route, List<String> values, int listener) {
    out.put("route", route.name()).put("position", route.config().position());
    JsonObject parameters = new JsonObject();
    for (int i = 0; i < values.size(); i++) {
      parameters.put(route.parameterNames()[i], values.get(i));
    }
    JsonArray filters = new JsonArray();
    for (FilterOrder.Placed placed :
        FilterOrder.of(config.routing(), config.listeners().get(listener), route.config())) {
      filters.add(
          new JsonObject()
              .put("filter", RouteText.filter(placed.config()))
              .put("from", placed.from()));
    }
    out.put("parameters", parameters)
        .put("filters", filters)
        .put("action", RouteText.action(route.config()))
        .put("deadlineMillis", route.config().timeout().toMillis())
        .put("attempts", route.config().retry().attempts());
    ForwardText.describe(out, config.routing(), route.config());
  }

  private static URI uri(String url) {
    try {
      return URI.create(url);
    } catch (IllegalArgumentException malformed) {
      throw new Failed(Failure.BAD_REQUEST, "the URL is malformed");
    }
  }

  /** The listener with the URL's port, or else its scheme; the first when none fits. */
  private int listener(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    List<ListenerConfig> listeners = config.listeners();
    for (int i = 0; i < listeners.size(); i++) {
      if (uri.getPort() > 0 && listeners.get(i).port() == uri.getPort()) {
        return i;
      }
    }
    for (int i = 0; i < listeners.size(); i++) {
      if (scheme.equals(listeners.get(i).tls() == null ? "http" : "https")) {
        return i;
      }
    }
    return 0;
  }
}
