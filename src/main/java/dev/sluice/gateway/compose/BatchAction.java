package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Aside;
import dev.sluice.gateway.exchange.Dispatch;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes a JSON array of requests and answers each as if it had come alone: through the same routes,
 * filters and limits. One instance serves all loops.
 */
public final class BatchAction implements Action {
  private static final long MAX_BODY_BYTES = 10L << 20;

  private final ActionConfig.Batch config;
  private final Work.Bounds bounds;
  private final Dispatch dispatch;

  /**
   * @param dispatch finds the routes of elements
   */
  public BatchAction(RouteConfig route, Dispatch dispatch) {
    this.config = (ActionConfig.Batch) route.action();
    this.bounds = Work.Bounds.of(route);
    this.dispatch = dispatch;
  }

  @Override
  public void serve(Exchange exchange) {
    if (exchange.outer() != null) {
      throw new Failed(Failure.BAD_REQUEST, "a batch cannot be an element of a batch");
    }
    exchange.readBody(
        MAX_BODY_BYTES,
        body ->
            exchange.aside(
                body.length(), "json", () -> read(body), parsed -> begin(exchange, parsed.json())));
  }

  private static TemplateBody read(Buffer body) {
    TemplateBody parsed = TemplateBody.parse(body.getBytes());
    if (body.length() > Aside.SMALL_BYTES) {
      BatchElement.writeBodies(parsed.json());
    }
    return parsed;
  }

  private void begin(Exchange exchange, @Nullable Object batch) {
    if (!(batch instanceof List<?> elements)) {
      throw new Failed(Failure.BAD_REQUEST, "a batch is a JSON array");
    }
    if (elements.size() > config.max()) {
      throw new Failed(
          Failure.BAD_REQUEST,
          "a batch has at most " + config.max() + " elements; this one has " + elements.size());
    }
    String accept = exchange.requestHeaders().get(HttpHeaders.ACCEPT);
    boolean lines = accept != null && accept.toLowerCase(Locale.ROOT).contains("ndjson");
    new BatchRun(exchange, config, elements, bounds, dispatch, lines).begin();
  }
}
