package dev.sluice.gateway.respond;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateValues;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends the client elsewhere: by a template, or by another scheme, host or port with path and query
 * kept. One instance serves all loops.
 *
 * <p>A request cannot choose the host it is sent to: a template begins with a literal path or
 * address, and a Location that is a path never begins with two slashes, which browsers read as a
 * host (RFC 3986 §4.2).
 */
public final class RedirectAction implements Action {
  private final ActionConfig.Redirect config;
  private final @Nullable Template to;

  /**
   * Compiles the redirect.
   *
   * @param parameters names of the path's parameters or numbers of the expression's groups
   * @throws IllegalArgumentException when the template is bad or begins with what a request says
   */
  public RedirectAction(ActionConfig.Redirect config, List<String> parameters) {
    this.config = config;
    this.to =
        config.to() == null
            ? null
            : Template.compile(config.to(), new TemplateScope(parameters, true, false));
    if (to != null && !safe(to)) {
      throw new IllegalArgumentException(
          "a redirect goes to a path (/…) or to an address whose host is written out (https://host/…)");
    }
  }

  @Override
  public void serve(Exchange exchange) {
    String location =
        location(
            exchange.scheme(), exchange.host(), exchange.authority(), TemplateValues.of(exchange));
    MultiMap headers = MultiMap.caseInsensitiveMultiMap().set(HttpHeaders.LOCATION, location);
    exchange.answer(Reply.of(config.status(), headers, null));
  }

  /** Where a request is sent. */
  String location(String scheme, String host, String authority, TemplateValues values) {
    String target = to == null ? own(values) : to.path(values, TemplateBody.NONE);
    boolean path = target.startsWith("/");
    if (path && (to == null || !to.prefix().startsWith("//"))) {
      target = oneSlash(target);
    }
    boolean same = config.scheme() == null && config.host() == null && config.port() == 0;
    if (!path || (same && to != null)) {
      return target;
    }
    String newScheme = config.scheme() == null ? scheme : config.scheme();
    String newHost = config.host() == null ? host : config.host();
    if (same || (config.scheme() == null && config.host() == null && authority.isEmpty())) {
      newHost = authority.isEmpty() ? host : authority;
    }
    int usual = newScheme.equals("https") ? 443 : 80;
    String port = config.port() == 0 || config.port() == usual ? "" : ":" + config.port();
    return newScheme + "://" + newHost + port + target;
  }

  private static String own(TemplateValues values) {
    String query = values.query();
    return query == null ? values.path() : values.path() + "?" + query;
  }

  private static String oneSlash(String path) {
    int from = 0;
    while (from + 1 < path.length()
        && (path.charAt(from + 1) == '/' || path.charAt(from + 1) == '\\')) {
      from++;
    }
    return from == 0 ? path : "/" + path.substring(from + 1);
  }

  /** The host is whole in the literal part: what a request says cannot continue it. */
  private static boolean safe(Template to) {
    String prefix = to.prefix();
    if (prefix.startsWith("/") && !prefix.startsWith("//")) {
      return true;
    }
    int host = prefix.startsWith("https://") ? 8 : prefix.startsWith("http://") ? 7 : 2;
    return (host > 2 || prefix.startsWith("//"))
        && prefix.length() > host
        && (to.constant() != null || prefix.indexOf('/', host) > host);
  }
}
