package dev.sluice.gateway.respond;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Aside;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateTree;
import dev.sluice.gateway.exchange.TemplateValues;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Timers;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers from the configuration. Reads the request's body, up to 10 MiB, only when a template asks
 * for it. One instance serves all loops.
 */
public final class RespondAction implements Action {
  private static final long MAX_BODY_BYTES = 10L << 20;

  private final int status;
  private final Map<String, Template> headers = new LinkedHashMap<>();
  private final long delayNanos;
  private final @Nullable String contentType;
  private final @Nullable Template text;
  private final @Nullable TemplateTree json;
  private final boolean needsBody;

  /**
   * Compiles the answer.
   *
   * @param parameters names of the path's parameters
   * @throws dev.sluice.gateway.exchange.TemplateFault for a bad template
   */
  public RespondAction(ActionConfig.Respond config, List<String> parameters) {
    TemplateScope scope = new TemplateScope(parameters, false, true);
    boolean body = false;
    for (Map.Entry<String, String> entry : config.headers().entrySet()) {
      Template template = Template.compile(entry.getValue(), scope);
      body |= template.needsBody();
      headers.put(entry.getKey(), template);
    }
    this.status = config.status();
    this.delayNanos = config.delay() == null ? 0 : config.delay().toNanos();
    switch (config.body()) {
      case ActionConfig.Respond.Body.None ignored -> {
        this.contentType = null;
        this.text = null;
        this.json = null;
      }
      case ActionConfig.Respond.Body.Text given -> {
        this.contentType = given.contentType();
        this.text = Template.compile(given.template(), scope);
        this.json = null;
        body |= this.text.needsBody();
      }
      case ActionConfig.Respond.Body.Json given -> {
        this.contentType = "application/json";
        this.text = null;
        this.json = TemplateTree.compile(given.value(), scope);
        body |= this.json.needsBody();
      }
    }
    this.needsBody = body;
  }

  @Override
  public void serve(Exchange exchange) {
    if (needsBody) {
      exchange.readBody(
          MAX_BODY_BYTES,
          body ->
              exchange.aside(
                  body.length(),
                  "template",
                  () -> reply(exchange, body),
                  reply -> later(exchange, reply)));
    } else {
      later(exchange, () -> reply(TemplateValues.of(exchange), TemplateBody.NONE));
    }
  }

  /** A large answer is made at once, since this is the place for it; others when they are sent. */
  private Supplier<Reply> reply(Exchange exchange, Buffer octets) {
    TemplateBody body = TemplateBody.parse(octets.getBytes());
    if (octets.length() <= Aside.SMALL_BYTES) {
      return () -> reply(TemplateValues.of(exchange), body);
    }
    Reply large = reply(TemplateValues.of(exchange), body);
    return () -> large;
  }

  private void later(Exchange exchange, Supplier<Reply> reply) {
    if (delayNanos == 0) {
      exchange.answer(reply.get());
      return;
    }
    Timers timers = exchange.loop().timers();
    Timers.Timer timer =
        timers.timer(() -> {
          if (exchange.phase() == Phase.ENDED || exchange.response().headWritten()) {
            return;
          }
          try {
            exchange.answer(reply.get());
          } catch (Failed failed) {
            exchange.answer(Reply.of(failed));
          }
        });
    exchange.onAbort(() -> {
      timer.cancel(); // or it would keep the exchange until then
      if (exchange.clientGone()) {
        exchange.end();
      }
    });
    timer.at(timers.ticker().nanos() + delayNanos);
  }

  /**
   * The answer to one request. HEAD gets the body too: the exchange sends its length and leaves it
   * out.
   */
  Reply reply(TemplateValues values, TemplateBody body) {
    MultiMap lines = MultiMap.caseInsensitiveMultiMap();
    if (contentType != null) {
      lines.set(HttpHeaders.CONTENT_TYPE, contentType);
    }
    headers.forEach((name, value) -> lines.set(name, value.header(values, body)));
    return Reply.of(status, lines, content(values, body));
  }

  private @Nullable Buffer content(TemplateValues values, TemplateBody body) {
    if (json != null) {
      return Buffer.buffer(TemplateJson.write(json.render(values, body)));
    }
    if (text == null) {
      return null;
    }
    boolean html = contentType != null && contentType.startsWith("text/html");
    return Buffer.buffer(html ? text.html(values, body) : text.text(values, body));
  }
}
