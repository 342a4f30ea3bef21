package dev.sluice.gateway.admin;

import dev.sluice.gateway.failure.Failed;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the admin API answers. */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

  private Answers() {}

  /** Goes on when it is there; a failure is the answer otherwise. */
  static <T> void when(RoutingContext context, Future<T> value, Consumer<T> next) {
    value.onSuccess(next::accept).onFailure(cause -> fail(context, cause));
  }

  static void text(RoutingContext context, String type, String text) {
    context.response().putHeader(HttpHeaders.CONTENT_TYPE, type);
    end(context, text);
  }

  static void fail(RoutingContext context, Throwable cause) {
    if (cause instanceof Failed failed) {
      String detail = failed.getMessage() == null ? "" : failed.getMessage();
      problem(context, failed.failure().status(), failed.failure().reason(), detail);
      return;
    }
    LOG.error("event=admin_failed path={}", context.normalizedPath(), cause);
    problem(context, 500, "internal", "The admin API failed; the log says why.");
  }

  static void problem(RoutingContext context, int status, String reason, String detail) {
    problem(context, status, reason, detail, new JsonObject());
  }

  /** With more members than the usual ones. */
  static void problem(
      RoutingContext context, int status, String reason, String detail, JsonObject more) {
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json");
    end(
        context,
        new JsonObject()
            .put("type", "about:blank")
            .put("status", status)
            .put("reason", reason)
            .put("detail", detail)
            .mergeIn(more)
            .encode());
  }

  static void send(RoutingContext context, int status, Object json) {
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    end(context, io.vertx.core.json.Json.encodePrettily(json) + "\n");
  }

  static void end(RoutingContext context, String body) {
    context
        .response()
        .putHeader("x-content-type-options", "nosniff")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    if (!context.response().ended() && !context.response().closed()) {
      context
          .response()
          .end(body)
          .onFailure(cause -> LOG.debug("event=admin_answer_lost error=\"{}\"", cause.toString()));
    }
  }
}
