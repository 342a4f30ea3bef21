package dev.sluice.gateway.compose;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateInput;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.exchange.TemplateValues;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.http.PathRules;
import dev.sluice.gateway.http.TraceContext;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of one composition's parts from its request and from the parts that are there
 * already. Confined to the exchange's loop.
 */
final class PartCalls {
  private final Exchange exchange;
  private final TemplateBody body;
  private final String userAgent;
  private final Map<String, Object> values = new HashMap<>();
  private final TemplateValues request;

  PartCalls(Exchange exchange, TemplateBody body, String userAgent) {
    this.exchange = exchange;
    this.body = body;
    this.userAgent = userAgent;
    this.request = TemplateValues.of(exchange).with(values::get);
  }

  /** From now on templates see what came of this part. */
  void know(String part, Map<String, Object> value) {
    values.put(part, value);
  }

  /** What templates see. */
  TemplateValues values() {
    return request;
  }

  /** The request's body. */
  TemplateBody body() {
    return body;
  }

  /**
   * Gets a part under way; it may be over when this returns.
   *
   * @throws Failed when the request lacks what the part asks for
   */
  InnerCall begin(PlannedPart part, InnerRoute route, Consumer<InnerCall> done) {
    Admission target =
        PathRules.admit(part.path().path(request, body), exchange.host(), exchange.authority());
    if (!(target instanceof Admission.Admitted admitted)) {
      throw new Failed(Failure.INVALID_INPUT, "the path of part " + part.name() + " is malformed");
    }
    MultiMap headers = headers(part);
    long now = exchange.loop().ticker().nanos();
    long own = part.timeoutNanos();
    InnerCall.Ask ask =
        new InnerCall.Ask(part.method(), admitted.path(), headers, content(part, headers));
    InnerCall call =
        new InnerCall(
            exchange,
            ask,
            new InnerCall.Bounds(
                own == Long.MAX_VALUE ? own : now + own, part.config().ask().maxBytes()),
            done);
    Exchange inner = call.exchange();
    inner.admit(
        admitted,
        exchange.caller(),
        exchange.requestId(),
        TraceContext.next(exchange.traceparent(), exchange.loop().random()));
    inner.input(new TemplateInput(request, body));
    inner.route(route, exchange.pathValues(), dev.sluice.gateway.exchange.Hooks.NONE);
    return call;
  }

  private MultiMap headers(PlannedPart part) {
    MultiMap headers = HttpHeaders.headers();
    headers.set(HttpHeaders.USER_AGENT, userAgent);
    headers.set(HttpHeaders.ACCEPT, "application/json, */*;q=0.8");
    for (String name : part.config().ask().pass()) {
      List<String> given = exchange.requestHeaders().getAll(name);
      if (!given.isEmpty()) {
        headers.set(name, given);
      }
    }
    part.headers().forEach((name, value) -> headers.set(name, value.header(request, body)));
    HopByHop.strip(headers);
    headers.remove(HttpHeaders.CONTENT_LENGTH);
    return headers;
  }

  private @Nullable Buffer content(PlannedPart part, MultiMap headers) {
    if (part.body() == null) {
      return null;
    }
    if (!headers.contains(HttpHeaders.CONTENT_TYPE)) {
      headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
    }
    return Buffer.buffer(TemplateJson.write(part.body().render(request, body)));
  }
}
