package dev.sluice.gateway.admin;

import dev.sluice.gateway.config.AdminConfig;
import dev.sluice.gateway.config.Secret;
import io.netty.util.NetUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the admin API. On loopback a browser is the danger: a foreign page may send requests
 * (Origin is checked) or point its own name at 127.0.0.1 (Host is checked). A token, when set, is
 * asked for in any case, but for whether the node lives and is ready: an orchestrator's probes
 * cannot keep a secret.
 */
final class AccessRules {
  private static final String BEARER = "Bearer ";
  private static final Set<String> OPEN = Set.of("/health/live", "/health/ready");

  private final String address;
  private final boolean loopback;
  private final byte @Nullable [] token;

  AccessRules(AdminConfig config) {
    this.address = config.address().toLowerCase(Locale.ROOT);
    this.loopback = isLoopback(address);
    Secret secret = config.token();
    this.token = secret == null ? null : secret.value().getBytes(StandardCharsets.UTF_8);
  }

  /** Status and sentence of a refusal; null when the request may pass. */
  @Nullable Refusal refusal(HttpServerRequest request) {
    String host = request.headers().get(HttpHeaders.HOST);
    String authority =
        host == null && request.authority() != null ? request.authority().toString() : host;
    if (authority == null) {
      return new Refusal(400, "bad_request", "The request names no host.");
    }
    String name = name(authority);
    if (loopback && !isLoopback(name) && !name.equals(address)) {
      return new Refusal(403, "forbidden", "The host is not this machine's loopback.");
    }
    List<String> origins = request.headers().getAll(HttpHeaders.ORIGIN);
    if (origins.size() > 1 || (origins.size() == 1 && !sameOrigin(origins.getFirst(), authority))) {
      return new Refusal(403, "forbidden", "The request comes from another origin.");
    }
    if ("cross-site".equals(request.getHeader("sec-fetch-site"))) {
      return new Refusal(403, "forbidden", "The request comes from another site.");
    }
    if (!knows(request) && !OPEN.contains(request.path())) {
      return new Refusal(401, "unauthenticated", "A bearer token is needed.");
    }
    return null;
  }

  /** Whether it brings the token, if there is one. */
  boolean knows(HttpServerRequest request) {
    return token == null || authorized(request.getHeader(HttpHeaders.AUTHORIZATION));
  }

  record Refusal(int status, String reason, String detail) {}

  private boolean authorized(@Nullable String header) {
    if (header == null || !header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return false;
    }
    byte[] given = header.substring(BEARER.length()).trim().getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(given, token);
  }

  private static boolean sameOrigin(String origin, String authority) {
    try {
      String of = new URI(origin).getRawAuthority();
      return of != null && of.equalsIgnoreCase(authority);
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static String name(String authority) {
    String lower = authority.toLowerCase(Locale.ROOT);
    if (lower.startsWith("[")) {
      int end = lower.indexOf(']');
      return end < 0 ? lower : lower.substring(1, end);
    }
    int colon = lower.lastIndexOf(':');
    return colon < 0 ? lower : lower.substring(0, colon);
  }

  private static boolean isLoopback(String name) {
    return name.equals("localhost")
        || name.equals("::1")
        || (name.startsWith("127.") && NetUtil.isValidIpV4Address(name));
  }
}
