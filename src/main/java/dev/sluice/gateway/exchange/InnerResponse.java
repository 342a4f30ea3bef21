package dev.sluice.gateway.exchange;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The answer to an {@link InnerCall}, kept in memory up to a bound. It takes everything at once, so
 * it never holds anybody back. What only a wire has throws.
 */
final class InnerResponse implements HttpServerResponse {
  private static final Buffer EMPTY = Buffer.buffer(0);

  private final Bound bound;
  private final MultiMap headers = HttpHeaders.headers();
  private final MultiMap trailers = HttpHeaders.headers();
  private int status = 200;
  private Buffer body = EMPTY;
  private boolean copied;
  private boolean tooLarge;
  private boolean headWritten;
  private boolean ended;
  private boolean closed;

  /** How long the answer's body may get. */
  @FunctionalInterface
  interface Bound {
    boolean fits(long bytes);
  }

  InnerResponse(Bound bound) {
    this.bound = bound;
  }

  /** What was written. */
  Buffer body() {
    return body;
  }

  private Future<Void> take(Buffer chunk, boolean last) {
    headWritten = true;
    ended |= last;
    if (!tooLarge && chunk.length() > 0) {
      tooLarge = !bound.fits((long) body.length() + chunk.length());
      if (tooLarge) {
        body = EMPTY;
      } else if (body.length() == 0) {
        body = chunk;
      } else {
        // The first chunk may be the only one: it is copied only when there are more.
        body = (copied ? body : body.copy()).appendBuffer(chunk);
        copied = true;
      }
    }
    return Future.succeededFuture();
  }

  @Override
  public int getStatusCode() {
    return status;
  }

  @Override
  public HttpServerResponse setStatusCode(int code) {
    status = code;
    return this;
  }

  @Override
  public MultiMap headers() {
    return headers;
  }

  @Override
  public MultiMap trailers() {
    return trailers;
  }

  @Override
  public Future<Void> write(Buffer chunk) {
    return take(chunk, false);
  }

  @Override
  public Future<Void> write(String chunk) {
    return take(Buffer.buffer(chunk), false);
  }

  @Override
  public Future<Void> write(String chunk, String enc) {
    return take(Buffer.buffer(chunk.getBytes(Charset.forName(enc))), false);
  }

  @Override
  public Future<Void> end(String chunk) {
    return take(Buffer.buffer(chunk), true);
  }

  @Override
  public Future<Void> end(String chunk, String enc) {
    return take(Buffer.buffer(chunk.getBytes(Charset.forName(enc))), true);
  }

  @Override
  public Future<Void> end(Buffer chunk) {
    return take(chunk, true);
  }

  @Override
  public Future<Void> end() {
    return take(EMPTY, true);
  }

  @Override
  public Future<Void> writeHead() {
    return take(EMPTY, false);
  }

  @Override
  public Future<Void> writeContinue() {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> writeEarlyHints(MultiMap hints) {
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> reset(long code) {
    closed = true;
    return Future.succeededFuture();
  }

  @Override
  public boolean writeQueueFull() {
    return false;
  }

  @Override
  public boolean ended() {
    return ended;
  }

  @Override
  public boolean closed() {
    return closed;
  }

  @Override
  public boolean headWritten() {
    return headWritten;
  }

  @Override
  public long bytesWritten() {
    return body.length();
  }

  @Override
  public int streamId() {
    return -1;
  }

  @Override
  public HttpServerResponse exceptionHandler(@Nullable Handler<Throwable> handler) {
    return this; // memory does not break
  }

  @Override
  public HttpServerResponse closeHandler(@Nullable Handler<Void> handler) {
    return this; // the outer exchange ends its inner ones itself
  }

  @Override
  public HttpServerResponse drainHandler(@Nullable Handler<Void> handler) {
    return this; // it is never full
  }

  @Override
  public HttpServerResponse setWriteQueueMaxSize(int maxSize) {
    throw InnerRequest.noWire();
  }

  @Override
  public String getStatusMessage() {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse setStatusMessage(String statusMessage) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse setChunked(boolean chunked) {
    throw InnerRequest.noWire();
  }

  @Override
  public boolean isChunked() {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putHeader(String name, String value) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putHeader(CharSequence name, CharSequence value) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putTrailer(String name, String value) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putTrailer(CharSequence name, CharSequence value) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse endHandler(Handler<Void> handler) {
    throw InnerRequest.noWire();
  }

  @Override
  public Future<Void> sendFile(String filename, long offset, long length) {
    throw InnerRequest.noWire();
  }

  @Override
  public Future<Void> sendFile(FileChannel channel, long offset, long length) {
    throw InnerRequest.noWire();
  }

  @Override
  public Future<Void> sendFile(RandomAccessFile file, long offset, long length) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse headersEndHandler(Handler<Void> handler) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse bodyEndHandler(Handler<Void> handler) {
    throw InnerRequest.noWire();
  }

  @Override
  public Future<HttpServerResponse> push(
      HttpMethod method, HostAndPort authority, String path, MultiMap headers) {
    throw InnerRequest.noWire();
  }

  @Override
  public Future<Void> writeCustomFrame(int type, int flags, Buffer payload) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse addCookie(Cookie cookie) {
    throw InnerRequest.noWire();
  }

  @Override
  public @Nullable Cookie removeCookie(String name, boolean invalidate) {
    throw InnerRequest.noWire();
  }

  @Override
  public Set<Cookie> removeCookies(String name, boolean invalidate) {
    throw InnerRequest.noWire();
  }

  @Override
  public @Nullable Cookie removeCookie(
      String name, String domain, String path, boolean invalidate) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putTrailer(CharSequence name, Iterable<CharSequence> values) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putTrailer(String name, Iterable<String> values) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putHeader(String name, Iterable<String> values) {
    throw InnerRequest.noWire();
  }

  @Override
  public HttpServerResponse putHeader(CharSequence name, Iterable<CharSequence> values) {
    throw InnerRequest.noWire();
  }
}
