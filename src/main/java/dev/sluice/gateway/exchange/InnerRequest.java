package dev.sluice.gateway.exchange;

import io.netty.handler.codec.DecoderResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpFrame;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.StreamPriority;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The request of an {@link InnerCall}: its body is there from the start, its connection is that of
 * the outer request. What only a wire has throws.
 */
final class InnerRequest implements HttpServerRequest {
  private final Origin origin;
  private final HttpMethod method;
  private final String uri;
  private final MultiMap headers;
  private final InnerResponse response;
  private @Nullable Buffer body;
  private boolean paused;
  private boolean ended;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;

  InnerRequest(
      Origin origin,
      HttpMethod method,
      String uri,
      MultiMap headers,
      @Nullable Buffer body,
      InnerResponse response) {
    this.origin = origin;
    this.method = method;
    this.uri = uri;
    this.headers = headers;
    this.body = body;
    this.ended = body == null;
    this.response = response;
  }

  private void deliver() {
    Handler<Buffer> taker = handler;
    Buffer whole = body;
    if (paused || ended || taker == null) {
      return;
    }
    if (whole != null) {
      body = null;
      taker.handle(whole);
    }
    if (!paused && body == null) {
      ended = true;
      Handler<Void> last = endHandler;
      if (last != null) {
        last.handle(null);
      }
    }
  }

  @Override
  public HttpServerRequest handler(@Nullable Handler<Buffer> next) {
    handler = next;
    return this;
  }

  @Override
  public HttpServerRequest endHandler(@Nullable Handler<Void> next) {
    endHandler = next;
    return this;
  }

  @Override
  public HttpServerRequest exceptionHandler(@Nullable Handler<Throwable> next) {
    return this; // what is in memory does not break
  }

  @Override
  public HttpServerRequest pause() {
    paused = true;
    return this;
  }

  @Override
  public HttpServerRequest resume() {
    paused = false;
    deliver();
    return this;
  }

  @Override
  public HttpServerRequest fetch(long amount) {
    return resume();
  }

  @Override
  public HttpVersion version() {
    return HttpVersion.HTTP_2;
  }

  @Override
  public HttpMethod method() {
    return method;
  }

  @Override
  public String uri() {
    return uri;
  }

  @Override
  public MultiMap headers() {
    return headers;
  }

  @Override
  public HttpServerResponse response() {
    return response;
  }

  @Override
  public @Nullable HostAndPort authority() {
    return origin.authority();
  }

  @Override
  public @Nullable HostAndPort authority(boolean real) {
    return origin.authority();
  }

  @Override
  public @Nullable String scheme() {
    return origin.scheme();
  }

  @Override
  public SocketAddress remoteAddress() {
    return origin.remote();
  }

  @Override
  public SocketAddress localAddress() {
    return origin.local();
  }

  @Override
  public boolean isSSL() {
    return origin.ssl();
  }

  @Override
  public boolean isEnded() {
    return ended;
  }

  @Override
  public HttpConnection connection() {
    throw noWire();
  }

  static UnsupportedOperationException noWire() {
    return new UnsupportedOperationException("an inner exchange has no wire");
  }

  @Override
  public long bytesRead() {
    throw noWire();
  }

  @Override
  public HttpServerRequest setParamsCharset(String charset) {
    throw noWire();
  }

  @Override
  public String getParamsCharset() {
    throw noWire();
  }

  @Override
  public MultiMap params(boolean semicolonIsNormalChar) {
    throw noWire();
  }

  @Override
  public String absoluteURI() {
    throw noWire();
  }

  @Override
  public Future<Buffer> body() {
    throw noWire();
  }

  @Override
  public Future<Void> end() {
    throw noWire();
  }

  @Override
  public Future<NetSocket> toNetSocket() {
    throw noWire();
  }

  @Override
  public HttpServerRequest setExpectMultipart(boolean expect) {
    throw noWire();
  }

  @Override
  public boolean isExpectMultipart() {
    throw noWire();
  }

  @Override
  public HttpServerRequest uploadHandler(Handler<HttpServerFileUpload> uploadHandler) {
    throw noWire();
  }

  @Override
  public MultiMap formAttributes() {
    throw noWire();
  }

  @Override
  public @Nullable String getFormAttribute(String attributeName) {
    throw noWire();
  }

  @Override
  public Future<ServerWebSocket> toWebSocket() {
    throw noWire();
  }

  @Override
  public HttpServerRequest customFrameHandler(Handler<HttpFrame> handler) {
    throw noWire();
  }

  @Override
  public HttpServerRequest streamPriorityHandler(Handler<StreamPriority> handler) {
    throw noWire();
  }

  @Override
  public DecoderResult decoderResult() {
    throw noWire();
  }

  @Override
  public @Nullable Cookie getCookie(String name) {
    throw noWire();
  }

  @Override
  public @Nullable Cookie getCookie(String name, String domain, String path) {
    throw noWire();
  }

  @Override
  public Set<Cookie> cookies(String name) {
    throw noWire();
  }

  @Override
  public Set<Cookie> cookies() {
    throw noWire();
  }

  @Override
  public @Nullable String path() {
    throw noWire();
  }

  @Override
  public @Nullable String query() {
    throw noWire();
  }
}
