package dev.sluice.gateway;

import dev.sluice.gateway.admin.AdminPorts;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission;
import dev.sluice.gateway.http.RequestRules;
import dev.sluice.gateway.route.Route;
import dev.sluice.gateway.route.RouteExplainer;
import dev.sluice.gateway.route.RouteLookup;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;

/** Tells what this gateway would do with a request, on its snapshot of now. */
record ExplainView(Reloader reloader) implements AdminPorts.Explain {
  private static final int NEARER = 5;

  @Override
  public Future<JsonObject> explain(String method, String url, MultiMap given) {
    Snapshot snapshot = reloader.current();
    if (snapshot == null) {
      return Future.failedFuture(new Failed(Failure.DRAINING, "not started"));
    }
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException malformed) {
      return Future.failedFuture(new Failed(Failure.BAD_REQUEST, "the URL is malformed"));
    }
    MultiMap headers = HttpHeaders.headers().addAll(given);
    if (!headers.contains(HttpHeaders.HOST)) {
      headers.set(HttpHeaders.HOST, uri.getRawAuthority() == null ? "localhost" : uri.getRawAuthority());
    }
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String target = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    Admission admission = RequestRules.check(false, false, method, target, null, headers);
    if (admission instanceof Admission.Refused refused) {
      return Future.failedFuture(new Failed(refused.failure(), refused.detail()));
    }
    Admission.Admitted admitted = (Admission.Admitted) admission;
    List<String> listeners = snapshot.ingresses().stream().map(ingress -> ingress.config().name()).toList();
    RouteLookup lookup =
        new RouteLookup()
            .ask(listener(snapshot, uri), admitted.host(), admitted.path(), method, headers, admitted.query());
    RouteExplainer.Explanation found = new RouteExplainer(snapshot.routes(), listeners).explain(lookup, NEARER);
    JsonObject out = new JsonObject().put("method", method).put("path", admitted.path()).put("host", admitted.host());
    Route route = found.route();
    if (route != null) {
      out.put("route", route.name())
          .put("action", RouteText.action(route.config()))
          .put("deadlineMillis", route.config().timeout().toMillis())
          .put("attempts", route.config().retry().attempts());
    }
    if (found.allow() != null) {
      out.put("allow", found.allow());
    }
    JsonArray others = new JsonArray();
    found.others().forEach(miss -> others.add(new JsonObject().put("route", miss.route().name()).put("because", miss.reason())));
    return Future.succeededFuture(out.put("others", others));
  }

  /** The listener with the URL's port and scheme; the first when none fits. */
  private static int listener(Snapshot snapshot, URI uri) {
    for (Ingress ingress : snapshot.ingresses()) {
      if (ingress.config().port() == uri.getPort() || (ingress.secure() && "https".equals(uri.getScheme()))) {
        return ingress.index();
      }
    }
    return 0;
  }
}
