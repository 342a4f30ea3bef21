package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * One request's life, from its head to the last byte of its answer. SKELETON: accessors are the contract; the core
 * author adds the life cycle.
 *
 * <p>Confined to its loop. {@code DELETE /exchanges/{id}} and the drain reach it by running on that loop.
 */
public final class Exchange {
  private final Loop loop;
  private final Ingress ingress;
  private final HttpServerRequest request;
  private MultiMap requestHeaders;
  private @Nullable RouteView route;
  private String[] pathValues = new String[0];
  private int filtersRun;
  private long bodyLimit = Long.MAX_VALUE;

  public Exchange(Loop loop, Ingress ingress, HttpServerRequest request) {
    this.loop = loop;
    this.ingress = ingress;
    this.request = request;
    this.requestHeaders = request.headers();
  }

  public Loop loop() {
    return loop;
  }

  public Ingress ingress() {
    return ingress;
  }

  /** The client's request; its body is paused until an action takes it. */
  public HttpServerRequest request() {
    return request;
  }

  /** The answer. Only the action writes its body; filters change its status and headers before the head leaves. */
  public HttpServerResponse response() {
    return request.response();
  }

  /** The request's headers as the action will see them; filters change them. No pseudo headers. */
  public MultiMap requestHeaders() {
    return requestHeaders;
  }

  /** The method's name, upper case. */
  public String method() {
    return request.method().name();
  }

  /** The path in its one normal form, still percent-encoded, without the query. */
  public String path() {
    return "";
  }

  /** The query without its question mark; null when there is none. */
  public @Nullable String query() {
    return null;
  }

  /** Host of the request, lower case, without port. */
  public String host() {
    return "";
  }

  /** Host and port as the client wrote them. */
  public String authority() {
    return "";
  }

  /** "https" or "http" as the client sees it (a trusted proxy's word counts). */
  public String scheme() {
    return "http";
  }

  /** The client's address in text form: the peer, or what trusted proxies say. */
  public String clientAddress() {
    return "";
  }

  /** 32 hex digits, or what a trusted peer gave. */
  public String requestId() {
    return "";
  }

  /** W3C trace context of this exchange: passed on or made. */
  public String traceparent() {
    return "";
  }

  /** Null before a route is found, and for ever when there is none. */
  public @Nullable RouteView route() {
    return route;
  }

  /** Decoded values of the path's parameters, in the order of {@link RouteView#parameterNames()}. */
  public String[] pathValues() {
    return pathValues;
  }

  /** Length of the request's body as declared; 0 for none, -1 when unknown (chunked). */
  public long declaredBodyBytes() {
    return 0;
  }

  /** Whether the request says {@code application/grpc}. */
  public boolean grpc() {
    return false;
  }

  // -- facts for observers; valid at the end --

  /** Unique in this process; for the admin API. */
  public long serial() {
    return 0;
  }

  /** Ticker time of the request's head. */
  public long startNanos() {
    return 0;
  }

  /** Wall-clock milliseconds of the request's head. */
  public long startMillis() {
    return 0;
  }

  /** Ticker time of its end; 0 before. */
  public long endNanos() {
    return 0;
  }

  /** Ticker times of phases, 0 when not reached: first attempt began. */
  public long forwardNanos() {
    return 0;
  }

  /** The last attempt got its connection. */
  public long connectedNanos() {
    return 0;
  }

  /** The answer's head came from the upstream. */
  public long upstreamHeadNanos() {
    return 0;
  }

  /** The answer's head left to the client. */
  public long headNanos() {
    return 0;
  }

  /** Attempts made; 0 when the gateway answered itself. */
  public int attempts() {
    return 0;
  }

  /** Name of the upstream; null when none was asked. */
  public @Nullable String upstream() {
    return null;
  }

  /** Address of the last attempt's endpoint; null when there was none. */
  public @Nullable String endpoint() {
    return null;
  }

  /** Status sent to the client, 0 when nothing was sent; 499 when the client left before. */
  public int status() {
    return 0;
  }

  /** Why the gateway itself ended it; null when the answer is the upstream's or a configured one. */
  public @Nullable Failure failure() {
    return null;
  }

  /** One sentence more about the failure; null when there is none. */
  public @Nullable String failureDetail() {
    return null;
  }

  /** Body bytes from the client. */
  public long bytesIn() {
    return 0;
  }

  /** Body bytes to the client. */
  public long bytesOut() {
    return 0;
  }

  public Phase phase() {
    return Phase.FILTERS;
  }

  // -- life cycle --

  /** Gives the gateway's own answer: runs the hooks, writes head and body, ends the exchange. Once at most. */
  public void answer(Reply reply) {
    throw new UnsupportedOperationException(reply.toString());
  }

  /**
   * Reads the whole request body. Fails with {@code Failed(BODY_TOO_LARGE)} beyond the bound and with
   * {@code Failed(CLIENT_GONE)} or {@code Failed(REQUEST_TIMEOUT)} when it does not come.
   */
  public Future<Buffer> readBody(long maxBytes) {
    throw new UnsupportedOperationException("" + maxBytes);
  }

  /** How many filters of the chain saw the request; kept for the chain alone. */
  public int filtersRun() {
    return filtersRun;
  }

  /** See {@link #filtersRun()}. */
  public void filtersRun(int count) {
    filtersRun = count;
  }

  /** Bounds the request's body, also a streamed one; the tightest of several bounds counts. */
  public void limitBody(long maxBytes) {
    bodyLimit = Math.min(bodyLimit, maxBytes);
  }

  /** The bound of the request's body in bytes; Long.MAX_VALUE for none. */
  public long bodyLimit() {
    return bodyLimit;
  }

  /** Run when the client goes away or an operator cancels, before the end; the last one set counts. */
  public void onAbort(Runnable handler) {
    throw new UnsupportedOperationException(handler.toString());
  }
}
