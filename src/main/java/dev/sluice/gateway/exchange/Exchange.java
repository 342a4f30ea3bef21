package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Grpc;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import org.jspecify.annotations.Nullable;

/**
 * One request's life, from its head to the last byte of its answer.
 *
 * <p>Whoever takes it answers through {@link #answer} or writes {@link #response()} itself and calls {@link #end()};
 * {@code end} happens once, on every path, and tells the hooks and the observer. Confined to its loop.
 */
public final class Exchange implements Handler<Throwable> {
  private static final String[] NO_VALUES = new String[0];
  private static final long LINGER_NANOS = 2_000_000_000L;
  private static final int SWITCHED = 101;

  private final Loop loop;
  private final Ingress ingress;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final MultiMap requestHeaders;
  private final boolean http2;
  private final long serial;
  private final Timeline timeline;
  private final RequestBody body;

  private Admitted target = NOWHERE;
  private Caller caller = NOBODY;
  private String requestId = "";
  private String traceparent = "";
  private @Nullable RouteView route;
  private String[] pathValues = NO_VALUES;
  private Hooks hooks = Hooks.NONE;
  private Observer observer;
  private int filtersRun;

  private Phase phase = Phase.FILTERS;
  private boolean headSent;
  private boolean gone;
  private boolean closing;
  private boolean held;
  private @Nullable Runnable abortHandler;
  private @Nullable Watch watch;
  private @Nullable Timer timer;
  private @Nullable Timer totalTimer;
  private Watch.Wait waiting = Watch.Wait.HEAD;
  private long idleNanos;
  private long totalEnd;

  private int status;
  private @Nullable Failure failure;
  private @Nullable String failureDetail;
  private int attempts;
  private @Nullable String upstream;
  private @Nullable String endpoint;
  private long bytesOut;
  private long received;

  @Nullable Exchange next;
  @Nullable Exchange previous;

  private static final Admitted NOWHERE = new Admitted("", null, "", "", false);
  private static final Caller NOBODY = new Caller("", "http", false);

  /**
   * Begins with the request's head just read.
   *
   * @param requestHeaders the request's headers without pseudo headers; changed by filters
   * @param declaredBody the body's length; 0 for none, -1 when unknown
   */
  public Exchange(
      Loop loop, Ingress ingress, HttpServerRequest request, MultiMap requestHeaders, long declaredBody) {
    this.loop = loop;
    this.ingress = ingress;
    this.request = request;
    this.response = request.response();
    this.requestHeaders = requestHeaders;
    this.http2 = request.version() == HttpVersion.HTTP_2;
    this.timeline = new Timeline(loop.ticker().nanos());
    this.body = new RequestBody(this, request, declaredBody);
    this.observer = ingress.unrouted();
    this.serial = loop.inFlight().add(this);
    response.exceptionHandler(this);
    if (http2) {
      // HTTP/1 reports a closed connection as an exception; HTTP/2 may only close the stream.
      response.closeHandler(nothing -> clientLeft());
    }
    if (declaredBody != 0) {
      body.hold();
    } else if (!http2 && requestHeaders.contains(HttpHeaders.UPGRADE)) {
      // A request that has been read to its end cannot become a WebSocket any more.
      request.pause();
      held = true;
    }
  }

  /** It passed the first look: where it goes and who asks. */
  public void admit(Admitted target, Caller caller, String requestId, String traceparent) {
    this.target = target;
    this.caller = caller;
    this.requestId = requestId;
    this.traceparent = traceparent;
  }

  /** It found its route. */
  public void route(RouteView route, String[] pathValues, Hooks hooks) {
    this.route = route;
    this.pathValues = pathValues;
    this.hooks = hooks;
    this.observer = route.observer();
  }

  public Loop loop() {
    return loop;
  }

  public Ingress ingress() {
    return ingress;
  }

  /** The client's request; its body comes through {@link #body()}. */
  public HttpServerRequest request() {
    return request;
  }

  /** The answer. Only the action writes its body; filters change its status and headers before the head leaves. */
  public HttpServerResponse response() {
    return response;
  }

  /** The request's headers as the action will see them; filters change them. No pseudo headers. */
  public MultiMap requestHeaders() {
    return requestHeaders;
  }

  /** The request's body, held back until it is taken. */
  public RequestBody body() {
    return body;
  }

  /** Whether the client speaks HTTP/2. */
  public boolean http2() {
    return http2;
  }

  /** The method's name, upper case. */
  public String method() {
    return request.method().name();
  }

  /** The path in its one normal form, still percent-encoded, without the query. */
  public String path() {
    return target.path();
  }

  /** The query without its question mark; null when there is none. */
  public @Nullable String query() {
    return target.query();
  }

  /** Host of the request, lower case, without port. */
  public String host() {
    return target.host();
  }

  /** Host and port as the client wrote them. */
  public String authority() {
    return target.authority();
  }

  /** "https" or "http" as the client sees it (a trusted proxy's word counts). */
  public String scheme() {
    return caller.scheme();
  }

  /** The client's address in text form: the peer, or what trusted proxies say. */
  public String clientAddress() {
    return caller.address();
  }

  /** Who asks. */
  public Caller caller() {
    return caller;
  }

  /** 32 hex digits, or what a trusted peer gave. */
  public String requestId() {
    return requestId;
  }

  /** W3C trace context of this exchange: passed on or made. */
  public String traceparent() {
    return traceparent;
  }

  /** Null before a route is found, and for ever when there is none. */
  public @Nullable RouteView route() {
    return route;
  }

  /** Decoded values of the path's parameters, in the order of {@link RouteView#parameterNames()}. */
  public String[] pathValues() {
    return pathValues;
  }

  /** How many filters of the chain ran; kept for {@link Hooks}. */
  public int filtersRun() {
    return filtersRun;
  }

  /** See {@link #filtersRun()}. */
  public void filtersRun(int filters) {
    filtersRun = filters;
  }

  /** Length of the request's body as declared; 0 for none, -1 when unknown (chunked). */
  public long declaredBodyBytes() {
    return body.declared();
  }

  /** Refuses a body of more bytes than this; the smallest bound counts. */
  public void limitBody(long maxBytes) {
    body.limit(maxBytes);
  }

  /** Whether the request says {@code application/grpc}. */
  public boolean grpc() {
    return http2 && Grpc.is(requestHeaders);
  }

  // ---- what happened: written by the action, read by observers ----

  /** When things happened. */
  public Timeline timeline() {
    return timeline;
  }

  /** Unique on its loop; with the loop's index it names the exchange in the admin API. */
  public long serial() {
    return serial;
  }

  /** Where it is now. */
  public Phase phase() {
    return phase;
  }

  /** It moved on. */
  public void phase(Phase phase) {
    this.phase = phase;
  }

  /** One more attempt begins, at this endpoint. */
  public void attempt(String upstream, String endpoint) {
    this.upstream = upstream;
    this.endpoint = endpoint;
    attempts++;
  }

  /** Attempts made; 0 when the gateway answered itself. */
  public int attempts() {
    return attempts;
  }

  /** Name of the upstream; null when none was asked. */
  public @Nullable String upstream() {
    return upstream;
  }

  /** Address of the last attempt's endpoint; null when there was none. */
  public @Nullable String endpoint() {
    return endpoint;
  }

  /** Status sent to the client, 0 when nothing was sent; 499 when the client left before. */
  public int status() {
    return status;
  }

  /** Why the gateway itself ended it; null when the answer is the upstream's or a configured one. */
  public @Nullable Failure failure() {
    return failure;
  }

  /** One sentence more about the failure; null when there is none. */
  public @Nullable String failureDetail() {
    return failureDetail;
  }

  /** Body bytes from the client. */
  public long bytesIn() {
    return body.bytes() + received;
  }

  /** Counts bytes from the client that came in another way than as a body (WebSocket frames). */
  public void received(int bytes) {
    received += bytes;
  }

  /** Body bytes to the client. */
  public long bytesOut() {
    return bytesOut;
  }

  /** Counts body bytes to the client. */
  public void sent(int bytes) {
    bytesOut += bytes;
  }

  // ---- waiting ----

  /** Who is told of waits that are over. */
  public void watch(Watch watch) {
    this.watch = watch;
  }

  /** The wait for the request's body begins; each chunk begins it anew. */
  void awaitBody() {
    await(Watch.Wait.BODY, ingress.bodyIdleNanos());
  }

  /** From now on the deadline counts: nanoseconds from now to the answer's head. */
  public void awaitHead(long nanos) {
    waiting = Watch.Wait.HEAD;
    idleNanos = 0;
    timer().at(loop.ticker().nanos() + nanos);
  }

  /** From now on silence counts; {@link #touch()} breaks it. */
  public void await(Watch.Wait wait, long nanos) {
    waiting = wait;
    idleNanos = nanos;
    timer().at(loop.ticker().nanos() + nanos);
  }

  /** The whole of it may take this long from now on; the soonest end counts. */
  public void awaitEnd(long nanos) {
    long end = loop.ticker().nanos() + nanos;
    Timer total = totalTimer;
    if (total == null) {
      total = loop.timers().timer(() -> expired(Watch.Wait.TOTAL));
      totalTimer = total;
    } else if (end - totalEnd > 0) {
      return;
    }
    totalEnd = end;
    total.at(end);
  }

  /** Bytes went either way. */
  public void touch() {
    if (idleNanos > 0 && timer != null) {
      timer.at(loop.ticker().nanos() + idleNanos);
    }
  }

  private Timer timer() {
    Timer known = timer;
    if (known == null) {
      known = loop.timers().timer(() -> expired(waiting));
      timer = known;
    }
    return known;
  }

  private void expired(Watch.Wait wait) {
    if (phase == Phase.ENDED) {
      return;
    }
    Watch told = watch;
    if (told != null) {
      told.expired(wait);
    } else if (wait == Watch.Wait.BODY) {
      body.stalled();
    }
  }

  // ---- the client's leaving ----

  /** Run when the client goes away or an operator cancels, before the end; the last one set counts. */
  public void onAbort(@Nullable Runnable handler) {
    abortHandler = handler;
  }

  /** Whether the client has left. */
  public boolean clientGone() {
    return gone;
  }

  /** Whether this exception means that the client left; then the exchange is aborted. */
  boolean clientGone(Throwable cause) {
    if (cause instanceof HttpClosedException || cause instanceof StreamResetException) {
      clientLeft();
      return true;
    }
    return gone;
  }

  /** Something went wrong with the answer: the client is gone. */
  @Override
  public void handle(Throwable cause) {
    clientLeft();
  }

  private void clientLeft() {
    if (gone || phase == Phase.ENDED || response.ended()) {
      return; // an answer that is written whole needs nobody any more
    }
    gone = true;
    if (!headSent) {
      status = Failure.CLIENT_GONE.status();
    }
    failed(Failure.CLIENT_GONE, null);
    abort();
  }

  /** An operator or the drain ends it. */
  public void cancel(String why) {
    if (phase == Phase.ENDED) {
      return;
    }
    failed(Failure.CANCELLED, why);
    Runnable handler = abortHandler;
    abortHandler = null;
    if (handler != null) {
      handler.run();
    }
    if (status == SWITCHED) {
      return; // a WebSocket ends with its closing handshake
    }
    if (headSent) {
      abandon(Failure.CANCELLED, why);
    } else {
      answer(Reply.of(Failure.CANCELLED, why));
    }
  }

  private void abort() {
    Runnable handler = abortHandler;
    abortHandler = null;
    if (handler == null) {
      end();
    } else {
      handler.run();
    }
  }

  // ---- answering ----

  /** Whether the answer's head has left. */
  public boolean headSent() {
    return headSent;
  }

  /** Whether the connection closes after this answer. */
  public boolean closing() {
    return closing;
  }

  /** Sees to it that the client's connection closes after this answer (HTTP/1). */
  public void closeAfter() {
    closing = true;
  }

  /** Records why the gateway itself ends it; the first reason stays. */
  public void failed(Failure failure, @Nullable String detail) {
    if (this.failure == null) {
      this.failure = failure;
      this.failureDetail = detail;
    }
  }

  /**
   * Status and headers of the answer are complete: runs the hooks, and adds what every answer carries. The caller
   * writes the head at once after this.
   */
  public void beforeHead() {
    hooks.beforeHead(this);
    headSent = true;
    status = response.getStatusCode();
    timeline.head(loop.ticker().nanos());
    phase = Phase.STREAMING;
    if (!http2 && status != SWITCHED && (closing || !body.ended())) {
      closing = true;
      response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  /** Gives the gateway's own answer and ends the exchange; when a head has left already it only cuts the answer off. */
  public void answer(Reply reply) {
    if (phase == Phase.ENDED) {
      return;
    }
    Failure why = reply.failure();
    if (why != null) {
      failed(why, reply.detail());
    }
    if (gone) {
      end();
    } else if (headSent) {
      abandon(why == null ? Failure.INTERNAL : why, reply.detail());
    } else {
      Answers.write(this, reply);
      end();
    }
  }

  /** Cuts off an answer that cannot be completed, so that the client sees that it is not whole; then ends. */
  public void abandon(Failure failure, @Nullable String detail) {
    if (phase == Phase.ENDED) {
      return;
    }
    failed(failure, detail);
    if (!gone) {
      // RFC 9112 §8: an answer without its last chunk, or short of its length, is incomplete.
      gone = true;
      if (http2) {
        Watched.quietly(response.reset(0x2)); // INTERNAL_ERROR, RFC 9113 §7
      } else {
        Watched.quietly(request.connection().close());
      }
    }
    end();
  }

  /** Reads the whole request body; see {@link RequestBody#readAll(long)}. */
  public Future<Buffer> readBody(long maxBytes) {
    return body.readAll(maxBytes);
  }

  /** Whether it is over. */
  public boolean ended() {
    return phase == Phase.ENDED;
  }

  /** It is over: the answer is written, or there is nobody to write it to. Once; later calls do nothing. */
  public void end() {
    if (phase == Phase.ENDED) {
      return;
    }
    phase = Phase.ENDED;
    timeline.end(loop.ticker().nanos());
    if (timer != null) {
      timer.cancel();
    }
    if (totalTimer != null) {
      totalTimer.cancel();
    }
    abortHandler = null;
    loop.inFlight().remove(this);
    hooks.afterEnd(this);
    observer.ended(this);
    if (held && status != SWITCHED) {
      request.resume();
    }
    if (!gone) {
      leave();
    }
  }

  /** What is left of the request after its answer: an unread body and a connection to close. */
  private void leave() {
    if (http2) {
      if (!body.ended()) {
        body.discard();
        // A reset drops what flow control still holds back, so it waits for the answer to be on its way.
        loop.timers().timer(this::stop).at(loop.ticker().nanos() + LINGER_NANOS);
      }
    } else if (!body.ended()) {
      // Closing with unread bytes would reset the connection and could destroy the answer under way (RFC 9112 §9.6).
      body.discard();
      loop.timers().timer(this::close).at(loop.ticker().nanos() + LINGER_NANOS);
    } else if (closing) {
      close();
    }
  }

  private void stop() {
    if (!body.ended()) {
      Watched.quietly(response.reset(0x0)); // NO_ERROR: the answer is complete, RFC 9113 §8.1
    }
  }

  /** A body that nobody wanted came to its end. */
  void discarded() {
    if (phase == Phase.ENDED && closing && !http2 && !gone) {
      close();
    }
  }

  private void close() {
    Watched.quietly(request.connection().close());
  }

  /** Wall-clock milliseconds of the request's head. */
  public long startMillis() {
    return loop.clock().millis() - (loop.ticker().nanos() - timeline.startNanos()) / 1_000_000;
  }
}
