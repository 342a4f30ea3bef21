package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.RouteConfig.ErrorPage;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Grpc;
import dev.sluice.gateway.http.ProblemBody;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the gateway's own answers in the form that the client understands. On the exchange's loop.
 */
public final class Answers {
  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
  private static final CharSequence GRPC_STATUS = HttpHeaders.createOptimized("grpc-status");
  private static final CharSequence GRPC_MESSAGE = HttpHeaders.createOptimized("grpc-message");

  private Answers() {}

  /** The route's own page for this status; null when it has none. */
  public static @Nullable ErrorPage page(Exchange exchange, int status) {
    RouteView route = exchange.route();
    if (route == null) {
      return null;
    }
    Map<String, ErrorPage> pages = route.config().errors();
    if (pages.isEmpty() || exchange.grpc()) {
      return null;
    }
    ErrorPage page = pages.get(Integer.toString(status));
    return page != null ? page : pages.get(status / 100 + "xx");
  }

  /** An answer with a page of the user's own in place of the upstream's. */
  public static Reply reply(int status, ErrorPage page) {
    return Reply.of(
        status,
        HttpHeaders.headers().add(HttpHeaders.CONTENT_TYPE, page.contentType()),
        Buffer.buffer(page.body()));
  }

  static void write(Exchange exchange, Reply reply) {
    HttpServerResponse response = exchange.response();
    MultiMap out = response.headers();
    Failure failure = reply.failure();
    Buffer body = reply.body();
    int status = reply.status();
    if (reply.headers() != null) {
      out.addAll(reply.headers());
    }
    if (failure != null && exchange.grpc()) {
      // A trailers-only answer: gRPC clients look at nothing else.
      status = 200;
      out.set(HttpHeaders.CONTENT_TYPE, "application/grpc");
      out.set(GRPC_STATUS, Integer.toString(failure.grpcStatus()));
      String words = reply.detail();
      out.set(
          GRPC_MESSAGE,
          Grpc.message(words == null ? failure.reason() : failure.reason() + ": " + words));
    } else if (failure != null) {
      body = failureBody(exchange, failure, reply, out);
      out.set(HttpHeaders.CACHE_CONTROL, "no-store");
    }
    if (!exchange.requestId().isEmpty()) {
      out.set(REQUEST_ID, exchange.requestId());
    }
    response.setStatusCode(status);
    boolean bodyless = status == 204 || status == 304 || status < 200;
    int length = body == null ? 0 : body.length();
    if (!bodyless && !(failure != null && exchange.grpc())) {
      out.set(HttpHeaders.CONTENT_LENGTH, Integer.toString(length));
    }
    exchange.beforeHead();
    if (body == null || bodyless || "HEAD".equals(exchange.method())) {
      Watched.quietly(response.end());
    } else {
      exchange.sent(length);
      Watched.quietly(response.end(body));
    }
  }

  private static Buffer failureBody(Exchange exchange, Failure failure, Reply reply, MultiMap out) {
    int status = reply.status();
    ErrorPage own = page(exchange, status);
    if (own != null) {
      out.set(HttpHeaders.CONTENT_TYPE, own.contentType());
      return Buffer.buffer(own.body());
    }
    String id = exchange.requestId();
    if (ProblemBody.prefersHtml(exchange.requestHeaders().get(HttpHeaders.ACCEPT))) {
      out.set(HttpHeaders.CONTENT_TYPE, ProblemBody.HTML);
      return ProblemBody.html(failure, status, reply.detail(), id);
    }
    out.set(HttpHeaders.CONTENT_TYPE, ProblemBody.JSON);
    return ProblemBody.json(failure, status, reply.detail(), id, reply.members());
  }
}
