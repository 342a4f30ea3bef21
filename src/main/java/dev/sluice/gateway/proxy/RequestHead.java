package dev.sluice.gateway.proxy;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Balance;
import dev.sluice.gateway.config.UpstreamConfig.HashKey;
import dev.sluice.gateway.config.UpstreamConfig.HostHeader;
import dev.sluice.gateway.config.UpstreamConfig.Sticky;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.http.Cookies;
import dev.sluice.gateway.http.Forwarded;
import dev.sluice.gateway.http.Grpc;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Shard;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import org.jspecify.annotations.Nullable;

/**
 * The head of the request as the upstream sees it: the client's headers without hop-by-hop ones,
 * with what a gateway adds. Made once an exchange; only Host may differ between attempts.
 */
final class RequestHead {
  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
  private static final CharSequence TRACEPARENT = HttpHeaders.createOptimized("traceparent");
  private static final CharSequence TE = HttpHeaders.createOptimized("te");

  private final Exchange exchange;
  private final ForwardPlan plan;
  private final UpstreamConfig config;
  private final String uri;
  private final MultiMap headers;
  private final boolean grpc;
  private final long timeoutNanos;

  /**
   * @param headers the client's; changed into the upstream's
   */
  RequestHead(Exchange exchange, ForwardPlan plan, UpstreamConfig config, MultiMap headers) {
    this.exchange = exchange;
    this.plan = plan;
    this.config = config;
    this.headers = headers;
    this.grpc = exchange.grpc();
    this.timeoutNanos =
        exchange.within(
            grpc ? Math.min(plan.timeoutNanos(), Grpc.timeoutNanos(headers)) : plan.timeoutNanos());
    this.uri = uri(exchange, plan);
    prepare();
  }

  /** Path and query as the upstream sees them. */
  String uri() {
    return uri;
  }

  /** The deadline: what the route allows, or what a gRPC client has left. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  /** Whether it is a gRPC call. */
  boolean grpc() {
    return grpc;
  }

  private static String uri(Exchange exchange, ForwardPlan plan) {
    String path = plan.rewrite() == null ? exchange.path() : plan.rewrite().path(exchange);
    String query = exchange.query();
    return query == null ? path : path + '?' + query;
  }

  private void prepare() {
    HopByHop.stripOwn(headers);
    if (grpc) {
      headers.set(TE, "trailers");
    }
    Forwarded.apply(
        headers,
        exchange.request().remoteAddress().hostAddress(),
        exchange.ingress().secure() ? "https" : "http",
        exchange.authority(),
        exchange.caller().trusted(),
        plan.rfc7239());
    HttpVersion version = exchange.version();
    Forwarded.via(headers, version == HttpVersion.HTTP_2, version == HttpVersion.HTTP_1_0);
    headers.set(REQUEST_ID, exchange.requestId());
    headers.set(TRACEPARENT, exchange.traceparent());
  }

  /** The headers for an attempt at this endpoint. */
  MultiMap headers(Endpoint endpoint, boolean multiplexed) {
    if (multiplexed) {
      headers.remove(HttpHeaders.HOST); // goes as :authority
    } else {
      headers.set(HttpHeaders.HOST, host(endpoint));
    }
    return headers;
  }

  /** The authority for an HTTP/2 attempt at this endpoint. */
  @Nullable HostAndPort authority(Endpoint endpoint) {
    return HostAndPort.parseAuthority(host(endpoint), -1);
  }

  private String host(Endpoint endpoint) {
    return switch (config.host()) {
      case HostHeader.Preserve preserve ->
          exchange.authority().isEmpty() ? endpoint.authority() : exchange.authority();
      case HostHeader.Endpoint own -> endpoint.authority();
      case HostHeader.Fixed fixed -> fixed.name();
    };
  }

  /** What a ring hash hashes; null when the request lacks it. */
  @Nullable String hashKey() {
    if (!(config.balance() instanceof Balance.RingHash ring)) {
      return null;
    }
    HashKey key = ring.key();
    String name = key.name() == null ? "" : key.name();
    return switch (key.kind()) {
      case HEADER -> headers.get(name);
      case COOKIE -> Cookies.find(headers, name);
      case CLIENT_IP -> exchange.clientAddress();
      case PATH -> exchange.path();
    };
  }

  /** The endpoint that the client's cookie asks for. */
  @Nullable String sticky() {
    Sticky sticky = config.sticky();
    return sticky == null ? null : Cookies.find(headers, sticky.cookie());
  }

  /**
   * The cookie that binds the client to this endpoint; null when it is bound to it already or not
   * at all.
   */
  @Nullable String stickyCookie(Shard shard, Endpoint endpoint) {
    Sticky sticky = config.sticky();
    if (sticky == null) {
      return null;
    }
    String value = shard.stickyValue(endpoint);
    if (value.equals(sticky())) {
      return null;
    }
    String cookie =
        sticky.cookie()
            + "="
            + value
            + "; Path=/; Max-Age="
            + sticky.ttl().toSeconds()
            + "; HttpOnly; SameSite=Lax";
    return "https".equals(exchange.scheme()) ? cookie + "; Secure" : cookie;
  }
}
