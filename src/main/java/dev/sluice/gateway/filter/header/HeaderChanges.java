package dev.sluice.gateway.filter.header;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateValues;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.Verdict;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes, sets and adds headers of the request and of the answer, in that order. Stateless; any
 * loop.
 *
 * <p>Names that frame or route a message (hop-by-hop ones, RFC 9110 §7.6.1, Host, Content-Length)
 * and pseudo headers are the gateway's own business and are refused when the filter is made.
 */
public final class HeaderChanges implements Filter {
  private static final Set<String> REFUSED =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "host",
          "content-length");

  private final Changes request;
  private final Changes response;

  /**
   * Compiles the changes.
   *
   * @param parameters names of the path's parameters, for templates
   * @throws IllegalArgumentException with a sentence for a refused or impossible name or a bad
   *     template
   */
  public HeaderChanges(FilterConfig.Headers config, List<String> parameters) {
    TemplateScope scope = new TemplateScope(parameters, false, false);
    this.request = Changes.of(config.request(), scope);
    this.response = Changes.of(config.response(), scope);
  }

  @Override
  public Verdict onRequest(Exchange exchange) {
    if (!request.isEmpty()) {
      request.apply(exchange, exchange.requestHeaders());
    }
    return Verdict.CONTINUE;
  }

  @Override
  public void onResponse(Exchange exchange) {
    if (!response.isEmpty()) {
      response.apply(exchange, exchange.response().headers());
    }
  }

  /** Why a name cannot be changed, as a sentence; null when it can. */
  public static @Nullable String refusal(String name) {
    if (name.startsWith(":")) {
      return "\"" + name + "\" is a pseudo header of HTTP/2 and cannot be changed";
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return "\"" + name + "\" is no header name";
      }
    }
    if (name.isEmpty()) {
      return "a header's name is empty";
    }
    return REFUSED.contains(name.toLowerCase(Locale.ROOT))
        ? "\"" + name + "\" belongs to the connection and is set by the gateway itself"
        : null;
  }

  private record Line(String name, Template value) {}

  private record Changes(String[] remove, Line[] set, Line[] add) {
    static Changes of(FilterConfig.Headers.Changes config, TemplateScope scope) {
      for (String name : config.remove()) {
        check(name);
      }
      return new Changes(
          config.remove().toArray(new String[0]),
          lines(config.set(), scope),
          lines(config.add(), scope));
    }

    boolean isEmpty() {
      return remove.length == 0 && set.length == 0 && add.length == 0;
    }

    void apply(Exchange exchange, MultiMap headers) {
      TemplateValues values = TemplateValues.of(exchange);
      for (String name : remove) {
        headers.remove(name);
      }
      for (Line line : set) {
        headers.set(line.name(), line.value().header(values, TemplateBody.NONE));
      }
      for (Line line : add) {
        headers.add(line.name(), line.value().header(values, TemplateBody.NONE));
      }
    }

    private static Line[] lines(Map<String, String> config, TemplateScope scope) {
      return config.entrySet().stream()
          .map(entry -> {
            check(entry.getKey());
            return new Line(entry.getKey(), Template.compile(entry.getValue(), scope));
          })
          .toArray(Line[]::new);
    }

    private static void check(String name) {
      String refusal = refusal(name);
      if (refusal != null) {
        throw new IllegalArgumentException(refusal);
      }
    }
  }
}
