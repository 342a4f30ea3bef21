package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Grpc;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an exchange: who asks for what, on which route, and how much came and went. It
 * knows nothing of waiting, answering and ending. Confined to its loop.
 */
abstract sealed class ExchangeFacts permits Exchange {
  private static final String[] NO_VALUES = new String[0];
  private static final Admitted NOWHERE = new Admitted("", null, "", "", false);
  private static final Caller NOBODY = new Caller("", "http", false);

  final Loop loop;
  final Ingress ingress;
  final HttpServerRequest request;
  final HttpServerResponse response;
  final boolean http2;
  final Timeline timeline;
  final @Nullable InnerCall inner;
  private final MultiMap requestHeaders;

  private Admitted target = NOWHERE;
  private Caller caller = NOBODY;
  private String requestId = "";
  private String traceparent = "";
  private @Nullable RouteView route;
  private String[] pathValues = NO_VALUES;
  private int filtersRun;

  private int attempts;
  private @Nullable String upstream;
  private @Nullable String endpoint;
  private long bytesOut;
  private long received;
  private long deadlineNanos;

  ExchangeFacts(
      Loop loop,
      Ingress ingress,
      HttpServerRequest request,
      MultiMap requestHeaders,
      @Nullable InnerCall inner) {
    this.loop = loop;
    this.ingress = ingress;
    this.request = request;
    this.response = request.response();
    this.requestHeaders = requestHeaders;
    this.http2 = request.version() == HttpVersion.HTTP_2;
    this.timeline = new Timeline(loop.ticker().nanos());
    this.inner = inner;
    this.deadlineNanos = inner == null ? Long.MAX_VALUE : inner.deadlineNanos();
  }

  /** It passed the first look: where it goes and who asks. */
  public final void admit(Admitted target, Caller caller, String requestId, String traceparent) {
    this.target = target;
    this.caller = caller;
    this.requestId = requestId;
    this.traceparent = traceparent;
  }

  final void found(RouteView route, String[] pathValues) {
    this.route = route;
    this.pathValues = pathValues;
  }

  /** The exchange that made this one in itself; null for one that came from a client. */
  public final @Nullable Exchange outer() {
    return inner == null ? null : inner.outer();
  }

  /**
   * When everything that it does in itself has to be over; {@code Long.MAX_VALUE} for an exchange
   * that only forwards.
   */
  public final long deadlineNanos() {
    return deadlineNanos;
  }

  /** Bounds everything that it does in itself; the soonest bound counts. */
  public final void deadline(long nanos) {
    deadlineNanos = Math.min(deadlineNanos, nanos);
  }

  /** What is left of this wait within the deadline; at least a nanosecond. */
  public final long within(long nanos) {
    return deadlineNanos == Long.MAX_VALUE
        ? nanos
        : Math.max(1, Math.min(nanos, deadlineNanos - loop.ticker().nanos()));
  }

  /**
   * What it means that an upstream's answer did not come in time: its own fault when there was time
   * left for others.
   */
  public final Failure late() {
    return inner != null && loop.ticker().nanos() < inner.outer().deadlineNanos()
        ? Failure.UPSTREAM_TIMEOUT
        : Failure.DEADLINE_EXCEEDED;
  }

  public final Loop loop() {
    return loop;
  }

  public final Ingress ingress() {
    return ingress;
  }

  /** The client's request; its body comes through {@link #body()}. */
  public final HttpServerRequest request() {
    return request;
  }

  /**
   * The answer. Only the action writes its body; filters change its status and headers before the
   * head leaves.
   */
  public final HttpServerResponse response() {
    return response;
  }

  /** The request's headers as the action will see them; filters change them. No pseudo headers. */
  public final MultiMap requestHeaders() {
    return requestHeaders;
  }

  /** Whether the client speaks HTTP/2. */
  public final boolean http2() {
    return http2;
  }

  /** What the client speaks, also of an exchange within its own. */
  public final HttpVersion version() {
    return inner == null ? request.version() : inner.outer().version();
  }

  /** The method's name, upper case. */
  public final String method() {
    return request.method().name();
  }

  /** The path in its one normal form, still percent-encoded, without the query. */
  public final String path() {
    return target.path();
  }

  /** The query without its question mark; null when there is none. */
  public final @Nullable String query() {
    return target.query();
  }

  /** Host of the request, lower case, without port. */
  public final String host() {
    return target.host();
  }

  /** Host and port as the client wrote them. */
  public final String authority() {
    return target.authority();
  }

  /** "https" or "http" as the client sees it (a trusted proxy's word counts). */
  public final String scheme() {
    return caller.scheme();
  }

  /** The client's address in text form: the peer, or what trusted proxies say. */
  public final String clientAddress() {
    return caller.address();
  }

  /** Who asks. */
  public final Caller caller() {
    return caller;
  }

  /** 32 hex digits, or what a trusted peer gave. */
  public final String requestId() {
    return requestId;
  }

  /** W3C trace context of this exchange: passed on or made. */
  public final String traceparent() {
    return traceparent;
  }

  /** Null before a route is found, and for ever when there is none. */
  public final @Nullable RouteView route() {
    return route;
  }

  /**
   * Decoded values of the path's parameters, in the order of {@link RouteView#parameterNames()}.
   */
  public final String[] pathValues() {
    return pathValues;
  }

  /** How many filters of the chain ran; kept for {@link Hooks}. */
  public final int filtersRun() {
    return filtersRun;
  }

  /** See {@link #filtersRun()}. */
  public final void filtersRun(int filters) {
    filtersRun = filters;
  }

  /** Whether the request says {@code application/grpc}. */
  public final boolean grpc() {
    return http2 && Grpc.is(requestHeaders);
  }

  // ---- what happened: written by the action, read by observers ----

  /** When things happened. */
  public final Timeline timeline() {
    return timeline;
  }

  /** One more attempt begins, at this endpoint. */
  public final void attempt(String upstream, String endpoint) {
    this.upstream = upstream;
    this.endpoint = endpoint;
    attempts++;
  }

  /** Attempts made; 0 when the gateway answered itself. */
  public final int attempts() {
    return attempts;
  }

  /** Name of the upstream; null when none was asked. */
  public final @Nullable String upstream() {
    return upstream;
  }

  /** Address of the last attempt's endpoint; null when there was none. */
  public final @Nullable String endpoint() {
    return endpoint;
  }

  /** Counts bytes from the client that came in another way than as a body (WebSocket frames). */
  public final void received(int bytes) {
    received += bytes;
  }

  /** Body bytes to the client. */
  public final long bytesOut() {
    return bytesOut;
  }

  /** Counts body bytes to the client. */
  public final void sent(int bytes) {
    bytesOut += bytes;
  }

  final long received() {
    return received;
  }
}
