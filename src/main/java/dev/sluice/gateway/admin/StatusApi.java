package dev.sluice.gateway.admin;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import dev.sluice.gateway.config.AdminConfig;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The paths of the admin API. Confined to the admin verticle's loop. */
final class StatusApi {
  private static final Logger LOG = LoggerFactory.getLogger(StatusApi.class);
  private static final long MAX_BODY = 64 * 1024;
  private static final int MAX_LOGGER_NAME = 256;
  private static final List<String> INDEX =
      List.of(
          "GET /health/live",
          "GET /health/ready",
          "GET /metrics",
          "GET /routes",
          "GET /upstreams",
          "GET /exchanges",
          "DELETE /exchanges/{id}",
          "GET /cluster",
          "GET /cluster/exchanges",
          "GET /cluster/upstreams",
          "GET /cluster/metrics",
          "GET /config/status",
          "POST /config/reload",
          "GET /config",
          "PUT /config?check=&author=&comment=",
          "GET /config/versions?limit=",
          "GET /config/versions/{version}",
          "GET /config/diff?from=&to=",
          "POST /config/rollback/{version}?author=&comment=",
          "PUT /log/{logger}?level=",
          "GET /explain?method=&url=&header=");

  private final Vertx vertx;
  private final AccessRules rules;
  private final AdminPorts ports;

  StatusApi(Vertx vertx, AdminConfig config, AdminPorts ports) {
    this.vertx = vertx;
    this.rules = new AccessRules(config);
    this.ports = ports;
  }

  Router router() {
    Router router = Router.router(vertx);
    router.route().handler(this::admit);
    read(router, "/").handler(c -> Answers.send(c, 200, new JsonObject().put("paths", INDEX)));
    read(router, "/health/live")
        .handler(c -> Answers.send(c, 200, new JsonObject().put("live", true)));
    read(router, "/health/ready").handler(this::ready);
    read(router, "/metrics").handler(c -> metrics(c, ports.metrics().text()));
    read(router, "/routes").handler(c -> Answers.send(c, 200, ports.routes().list()));
    read(router, "/upstreams").handler(c -> Answers.send(c, 200, ports.upstreams().list()));
    read(router, "/exchanges").handler(this::exchanges);
    router.delete("/exchanges/:id").handler(this::cancel);
    read(router, "/cluster").handler(c -> Answers.send(c, 200, ports.cluster().view()));
    read(router, "/cluster/exchanges")
        .handler(
            c -> Answers.when(c, ports.cluster().exchanges(), all -> Answers.send(c, 200, all)));
    read(router, "/cluster/upstreams")
        .handler(
            c -> Answers.when(c, ports.cluster().upstreams(), all -> Answers.send(c, 200, all)));
    read(router, "/cluster/metrics")
        .handler(c -> Answers.when(c, ports.cluster().metrics(), text -> metrics(c, text)));
    read(router, "/config/status")
        .handler(c -> Answers.send(c, 200, ports.configuration().status()));
    router.post("/config/reload").handler(this::reload);
    new ConfigApi(ports.rollout()).paths(router);
    router.put("/log/:logger").handler(this::level);
    read(router, "/explain").handler(this::explain);
    router.errorHandler(
        404, c -> Answers.problem(c, 404, "not_found", "There is nothing here; see /."));
    router.errorHandler(
        405, c -> Answers.problem(c, 405, "method_not_allowed", "Not with this method."));
    router.errorHandler(413, c -> Answers.problem(c, 413, "body_too_large", "It is too large."));
    router.errorHandler(
        400, c -> Answers.problem(c, 400, "bad_request", "The request is malformed."));
    router.errorHandler(500, c -> Answers.fail(c, c.failure()));
    return router;
  }

  private static io.vertx.ext.web.Route read(Router router, String path) {
    return router.get(path).method(HttpMethod.HEAD);
  }

  private void admit(RoutingContext context) {
    AccessRules.Refusal refusal = rules.refusal(context.request());
    if (refusal != null) {
      if (refusal.status() == 401) {
        context.response().putHeader("www-authenticate", "Bearer");
      }
      Answers.problem(context, refusal.status(), refusal.reason(), refusal.detail());
      return;
    }
    if (context.request().method().equals(HttpMethod.PUT)
        && context.normalizedPath().equals("/config")) {
      context.next(); // it has a bound of its own
      return;
    }
    String length = context.request().getHeader(HttpHeaders.CONTENT_LENGTH);
    boolean chunked = context.request().headers().contains(HttpHeaders.TRANSFER_ENCODING);
    if (chunked || (length != null && (length.length() > 9 || Long.parseLong(length) > MAX_BODY))) {
      // No path takes a body; a small one is read away, anything else ends the connection.
      context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      Answers.problem(
          context, 413, "body_too_large", "No path of the admin API takes such a body.");
      return;
    }
    context.next();
  }

  private void ready(RoutingContext context) {
    List<String> reasons = ports.readiness().reasons();
    JsonObject body =
        new JsonObject().put("ready", reasons.isEmpty()).put("reasons", new JsonArray(reasons));
    if (rules.knows(context.request())) { // what a database says may name hosts and users
      body.put("databases", ports.readiness().databases());
    }
    Answers.send(context, reasons.isEmpty() ? 200 : 503, body);
  }

  private static void metrics(RoutingContext context, String text) {
    Answers.text(context, "text/plain; version=0.0.4; charset=utf-8", text);
  }

  private void exchanges(RoutingContext context) {
    ports
        .exchanges()
        .list()
        .onSuccess(list -> Answers.send(context, 200, AdminPorts.InFlight.json(list)))
        .onFailure(cause -> Answers.fail(context, cause));
  }

  private void cancel(RoutingContext context) {
    String id = context.pathParam("id");
    ports
        .exchanges()
        .cancel(id)
        .onSuccess(found -> {
          if (found) {
            Answers.send(context, 200, new JsonObject().put("id", id).put("ended", true));
          } else {
            Answers.problem(context, 404, "not_found", "No exchange of this id is under way.");
          }
        })
        .onFailure(cause -> Answers.fail(context, cause));
  }

  private void reload(RoutingContext context) {
    ports
        .configuration()
        .reload()
        .onSuccess(result ->
            Answers.send(
                context,
                result.applied() ? 200 : 422,
                new JsonObject()
                    .put("applied", result.applied())
                    .put("errors", new JsonArray(result.errors()))))
        .onFailure(cause -> Answers.fail(context, cause));
  }

  private void level(RoutingContext context) {
    String name = context.pathParam("logger");
    String wanted = context.request().getParam("level");
    Level level = Level.toLevel(wanted, null);
    if (level == null || name.length() > MAX_LOGGER_NAME) {
      Answers.problem(
          context, 400, "invalid_input", "level is one of OFF ERROR WARN INFO DEBUG TRACE.");
      return;
    }
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers)) {
      Answers.problem(context, 501, "not_implemented", "Logging is not Logback's here.");
      return;
    }
    // Only a logger that is there or the parent of one: names would fill the memory otherwise.
    boolean known =
        loggers.getLoggerList().stream()
            .anyMatch(
                logger -> logger.getName().equals(name) || logger.getName().startsWith(name + "."));
    if (!known) {
      Answers.problem(context, 404, "not_found", "There is no such logger.");
      return;
    }
    loggers.getLogger(name).setLevel(level);
    LOG.info("event=log_level logger={} level={}", name, level);
    Answers.send(context, 200, new JsonObject().put("logger", name).put("level", level.toString()));
  }

  private void explain(RoutingContext context) {
    String url = context.request().getParam("url");
    if (url == null) {
      Answers.problem(context, 400, "invalid_input", "The parameter url is missing.");
      return;
    }
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    for (String header : context.request().params().getAll("header")) {
      int colon = header.indexOf(':');
      if (colon <= 0) {
        Answers.problem(context, 400, "invalid_input", "A header is written as name: value.");
        return;
      }
      headers.add(header.substring(0, colon).trim(), header.substring(colon + 1).trim());
    }
    String method = context.request().getParam("method", "GET");
    ports
        .explain()
        .explain(method, url, headers)
        .onSuccess(answer -> Answers.send(context, 200, answer))
        .onFailure(cause -> Answers.fail(context, cause));
  }
}
