package dev.sluice.gateway.filter.security;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.Verdict;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The CORS protocol (Fetch standard, §3.3): preflights are answered here with 204, other requests
 * pass and their answers get the headers that let a page of an allowed origin read them. Stateless;
 * any loop.
 *
 * <p>A preflight of an origin that is not allowed gets a plain 204 without these headers: the
 * browser refuses it by that, and a 403 would only hide the reason from the page's author. Such an
 * origin's other requests pass unchanged, since CORS guards what a page may read and is no access
 * control. An upstream's own CORS headers are replaced.
 */
public final class Cors implements Filter {
  private final boolean any;
  private final Set<String> exact = new HashSet<>();
  private final List<String> wildcards;
  private final boolean credentials;
  private final String methods;
  private final boolean anyHeader;
  private final String headerList;
  private final String expose;
  private final String maxAge;

  /**
   * Compiles the rules.
   *
   * @throws IllegalArgumentException when every origin is allowed to send credentials, which no
   *     browser takes
   */
  public Cors(FilterConfig.Cors config) {
    this.any = config.origins().contains("*");
    this.credentials = config.credentials();
    if (any && credentials) {
      throw new IllegalArgumentException(
          "credentials cannot be allowed to every origin: name the origins");
    }
    for (String origin : config.origins()) {
      exact.add(origin.toLowerCase(Locale.ROOT));
    }
    this.wildcards = exact.stream().filter(origin -> origin.contains("://*.")).toList();
    exact.removeAll(wildcards);
    this.methods = String.join(", ", config.methods());
    this.anyHeader = config.headers().contains("*");
    this.headerList = String.join(", ", config.headers());
    this.expose = String.join(", ", config.expose());
    this.maxAge = Long.toString(config.maxAge().toSeconds());
  }

  @Override
  public boolean answersPreflight() {
    return true;
  }

  @Override
  public Verdict onRequest(Exchange exchange) {
    MultiMap request = exchange.requestHeaders();
    if (!exchange.method().equals("OPTIONS")
        || !request.contains(HttpHeaders.ORIGIN)
        || !request.contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)) {
      return Verdict.CONTINUE;
    }
    return new Verdict.Answer(Reply.of(204, preflight(request), null));
  }

  @Override
  public void onResponse(Exchange exchange) {
    MultiMap request = exchange.requestHeaders();
    if (exchange.method().equals("OPTIONS")
        && request.contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)
        && request.contains(HttpHeaders.ORIGIN)) {
      return; // the preflight's answer has its headers
    }
    actual(request.get(HttpHeaders.ORIGIN), exchange.response().headers());
  }

  /** The headers of a preflight's answer. */
  MultiMap preflight(MultiMap request) {
    MultiMap answer = MultiMap.caseInsensitiveMultiMap();
    answer.set("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    String origin = request.get(HttpHeaders.ORIGIN);
    if (!allowed(origin)) {
      return answer;
    }
    allow(origin, answer);
    if (!methods.isEmpty()) {
      answer.set("access-control-allow-methods", methods);
    }
    String asked = request.get("access-control-request-headers");
    if (anyHeader) {
      // "*" means all only without credentials and never Authorization: the names asked for always
      // work.
      if (asked != null) {
        answer.set("access-control-allow-headers", asked);
      }
    } else if (!headerList.isEmpty()) {
      answer.set("access-control-allow-headers", headerList);
    }
    answer.set("access-control-max-age", maxAge);
    return answer;
  }

  /** Changes the headers of an answer that is no preflight's. */
  void actual(@Nullable String origin, MultiMap answer) {
    answer.remove("access-control-allow-origin");
    answer.remove("access-control-allow-credentials");
    answer.remove("access-control-expose-headers");
    if (!any && !varies(answer)) {
      // Also without an Origin: a cache must not give this answer to another origin (Fetch §3.3.5).
      answer.add("vary", "Origin");
    }
    if (origin == null || !allowed(origin)) {
      return;
    }
    allow(origin, answer);
    if (!expose.isEmpty()) {
      answer.set("access-control-expose-headers", expose);
    }
  }

  /** Whether pages of this origin may read answers. */
  boolean allowed(@Nullable String origin) {
    if (origin == null) {
      return false;
    }
    String lower = origin.toLowerCase(Locale.ROOT);
    if (any || exact.contains(lower)) {
      return true;
    }
    for (String wildcard : wildcards) {
      int star = wildcard.indexOf('*');
      int tail = wildcard.length() - star - 1;
      if (lower.length() > star + tail
          && lower.startsWith(wildcard.substring(0, star))
          && lower.endsWith(wildcard.substring(star + 1))
          && labels(lower, star, lower.length() - tail)) {
        return true;
      }
    }
    return false;
  }

  private void allow(@Nullable String origin, MultiMap answer) {
    if (origin != null) {
      answer.set("access-control-allow-origin", any ? "*" : origin);
    }
    if (credentials) {
      answer.set("access-control-allow-credentials", "true");
    }
  }

  /**
   * What the star stands for is labels of a host only: no port, no user, no path can hide in it.
   */
  private static boolean labels(String origin, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = origin.charAt(i);
      if (!Character.isLetterOrDigit(c) && c != '-' && c != '.' && c != '_') {
        return false;
      }
    }
    return true;
  }

  private static boolean varies(MultiMap answer) {
    for (String line : answer.getAll("vary")) {
      for (String name : line.toLowerCase(Locale.ROOT).split(",", -1)) {
        if (name.strip().equals("origin") || name.strip().equals("*")) {
          return true;
        }
      }
    }
    return false;
  }
}
