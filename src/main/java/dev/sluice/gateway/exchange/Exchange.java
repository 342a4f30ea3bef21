package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.http.TraceContext;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request's life, from its head to the last byte of its answer.
 *
 * <p>Whoever takes it answers through {@link #answer} or writes {@link #response()} itself and
 * calls {@link #end()}; {@code end} happens once, on every path, and tells the hooks and the
 * observer. Confined to its loop.
 */
public final class Exchange extends ExchangeFacts implements Handler<Throwable> {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
  private static final int SWITCHED = 101;

  private final long serial;
  private final RequestBody body;

  private Hooks hooks = Hooks.NONE;
  private Observer observer;

  private Phase phase = Phase.FILTERS;
  private boolean headSent;
  private boolean gone;
  private boolean unseen;
  private boolean closing;
  private boolean held;
  private @Nullable Runnable abortHandler;
  private final Waits waits;

  private int status;
  private @Nullable Failure failure;
  private @Nullable String failureDetail;
  private @Nullable TemplateInput input;

  @Nullable Exchange next;
  @Nullable Exchange previous;

  /**
   * Begins with the request's head just read.
   *
   * @param requestHeaders the request's headers without pseudo headers; changed by filters
   * @param declaredBody the body's length; 0 for none, -1 when unknown
   */
  public Exchange(
      Loop loop,
      Ingress ingress,
      HttpServerRequest request,
      MultiMap requestHeaders,
      long declaredBody) {
    this(loop, ingress, request, requestHeaders, declaredBody, null);
  }

  /**
   * Begins one that no client waits for: calls that the gateway makes by itself belong to it. Its
   * answer is nobody's; whoever began it ends it.
   */
  public static Exchange alone(Loop loop, Ingress ingress, RouteView route, String id) {
    MultiMap headers = HttpHeaders.headers();
    InnerRequest request =
        new InnerRequest(
            Origin.OWN, HttpMethod.GET, "/", headers, null, new InnerResponse(bytes -> false));
    Exchange exchange = new Exchange(loop, ingress, request, headers, 0);
    exchange.admit(
        new Admitted("localhost", null, "/", "", false),
        new Caller("127.0.0.1", "http", false),
        id,
        TraceContext.next("", loop.random()));
    exchange.route(route, new String[0], Hooks.NONE);
    return exchange;
  }

  /** Begins one that an outer exchange makes in itself. */
  Exchange(InnerCall inner, InnerRequest request, MultiMap requestHeaders, long bodyBytes) {
    this(inner.outer().loop(), inner.outer().ingress(), request, requestHeaders, bodyBytes, inner);
  }

  private Exchange(
      Loop loop,
      Ingress ingress,
      HttpServerRequest request,
      MultiMap requestHeaders,
      long declaredBody,
      @Nullable InnerCall inner) {
    super(loop, ingress, request, requestHeaders, inner);
    this.body = new RequestBody(this, request, declaredBody);
    this.waits = new Waits(loop.timers(), body::stalled);
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

  /** It found its route. */
  public void route(RouteView route, String[] pathValues, Hooks hooks) {
    found(route, pathValues);
    this.hooks = hooks;
    this.observer = route.observer();
  }

  /** The request's body, held back until it is taken. */
  public RequestBody body() {
    return body;
  }

  /**
   * Reads the whole body and hands it on, unless the exchange ends before; answers what is wrong
   * with it, and what {@code next} throws as {@link Failed}.
   */
  public void readBody(long maxBytes, Consumer<Buffer> next) {
    body.readAll(maxBytes).onComplete(read -> handOn(read, next));
  }

  /**
   * Works on so many bytes, here and now when they are few, otherwise on a worker, and hands on
   * what comes of it, unless the exchange ends before; answers what the work or {@code next} throws
   * as {@link Failed}.
   *
   * @param what one of few names, for metrics
   */
  public <R> void aside(long bytes, String what, Callable<R> code, Consumer<? super R> next) {
    if (bytes > Aside.SMALL_BYTES) {
      loop.aside().run(what, code).onComplete(done -> handOn(done, next));
      return;
    }
    try {
      next.accept(code.call());
    } catch (RuntimeException unchecked) {
      throw unchecked;
    } catch (Exception checked) {
      throw new IllegalStateException(checked);
    }
  }

  private <R> void handOn(AsyncResult<R> done, Consumer<? super R> next) {
    if (phase == Phase.ENDED) {
      return;
    }
    try {
      if (done.failed()) {
        throw done.cause() instanceof Failed failed
            ? failed
            : new IllegalStateException(done.cause());
      }
      next.accept(done.result());
    } catch (Failed failed) {
      answer(Reply.of(failed));
    } catch (RuntimeException bug) {
      LOG.error("exchange failed id={}", requestId(), bug);
      answer(Reply.of(Failure.INTERNAL));
    }
  }

  // ---- what happened: written by the action, read by observers ----

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

  /** Status sent to the client, 0 when nothing was sent; 499 when the client left before. */
  public int status() {
    return status;
  }

  /**
   * Why the gateway itself ended it; null when the answer is the upstream's or a configured one.
   */
  public @Nullable Failure failure() {
    return failure;
  }

  /** One sentence more about the failure; null when there is none. */
  public @Nullable String failureDetail() {
    return failureDetail;
  }

  /** Body bytes from the client. */
  public long bytesIn() {
    return body.bytes() + received();
  }

  /** From now on its action's templates see this, and not what the request says itself. */
  public void input(TemplateInput given) {
    input = given;
  }

  /**
   * Hands on what templates see, reading the body first where they ask for it; answers what is
   * wrong with it, and what {@code next} throws as {@link Failed}.
   */
  public void withInput(boolean needsBody, long maxBytes, Consumer<TemplateInput> next) {
    TemplateInput given = input;
    TemplateValues values = TemplateValues.of(this);
    if (given != null) {
      next.accept(given);
    } else if (needsBody) {
      readBody(
          maxBytes,
          read ->
              aside(
                  read.length(),
                  "json",
                  () -> TemplateBody.parse(read.getBytes()),
                  parsed -> next.accept(new TemplateInput(values, parsed))));
    } else {
      next.accept(new TemplateInput(values, TemplateBody.NONE));
    }
  }

  // ---- waiting ----

  /** Who is told of waits that are over. */
  public void watch(Watch watch) {
    waits.watch(watch);
  }

  /** From now on the deadline counts: nanoseconds from now to the answer's head. */
  public void awaitHead(long nanos) {
    waits.once(Watch.Wait.HEAD, nanos);
  }

  /** From now on silence counts; {@link #touch()} breaks it. */
  public void await(Watch.Wait wait, long nanos) {
    waits.idle(wait, nanos);
  }

  /** Nothing is waited for now, but for the end of the whole. */
  void relax() {
    waits.relax();
  }

  /** The whole of it may take this long from now on; the soonest end counts. */
  public void awaitEnd(long nanos) {
    waits.total(nanos);
  }

  /** Bytes went either way. */
  public void touch() {
    waits.touch();
  }

  // ---- the client's leaving ----

  /**
   * Run when the client goes away or an operator cancels, before the end; the last one set counts.
   */
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

  /** Nobody waits for it any more; work goes on only where the route says so. */
  void clientLeft() {
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
    cancel(Failure.CANCELLED, why);
  }

  /** Ends it from outside; what it has under way is given up. */
  void cancel(Failure failure, String why) {
    if (phase == Phase.ENDED) {
      return;
    }
    failed(failure, why);
    Runnable handler = abortHandler;
    abortHandler = null;
    if (handler != null) {
      handler.run();
    }
    if (status == SWITCHED) {
      return; // a WebSocket ends with its closing handshake
    }
    if (headSent) {
      abandon(failure, why);
    } else {
      answer(Reply.of(failure, why));
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
    } else if (unseen && failureDetail == null) {
      failureDetail = "the client left and the work went on until " + failure.reason();
    }
  }

  /** Its client has left and the work goes on all the same; the log will tell how it ended. */
  public void goesOnUnseen() {
    unseen = true;
  }

  /**
   * Status and headers of the answer are complete: runs the hooks, and adds what every answer
   * carries. The caller writes the head at once after this.
   */
  public void beforeHead() {
    hooks.beforeHead(this);
    headSent = true;
    status = response.getStatusCode();
    timeline.head(loop.ticker().nanos());
    phase = Phase.STREAMING;
    // A WebSocket's "Connection" header says that the protocol changes.
    if (!http2 && status != SWITCHED && (closing || !body.ended())) {
      closing = true;
      response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  /**
   * Gives the gateway's own answer and ends the exchange; when a head has left already it only cuts
   * the answer off.
   */
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

  /**
   * Cuts off an answer that cannot be completed, so that the client sees that it is not whole; then
   * ends.
   */
  public void abandon(Failure failure, @Nullable String detail) {
    if (phase == Phase.ENDED) {
      return;
    }
    failed(failure, detail);
    if (!gone) {
      gone = true;
      Departure.cutOff(this);
    }
    end();
  }

  /** Whether it is over. */
  public boolean ended() {
    return phase == Phase.ENDED;
  }

  /**
   * It is over: the answer is written, or there is nobody to write it to. Once; later calls do
   * nothing.
   */
  public void end() {
    if (phase == Phase.ENDED) {
      return;
    }
    if (unseen && failureDetail == null) {
      failureDetail = "the client left and the work went on to its end";
    }
    phase = Phase.ENDED;
    timeline.end(loop.ticker().nanos());
    waits.over();
    abortHandler = null;
    loop.inFlight().remove(this);
    hooks.afterEnd(this);
    observer.ended(this);
    if (held && status != SWITCHED) {
      request.resume();
    }
    if (inner != null) {
      inner.ended();
    } else if (!gone && !(request instanceof InnerRequest)) {
      Departure.after(this);
    }
  }

  /** A body that nobody wanted came to its end. */
  void discarded() {
    if (phase == Phase.ENDED && !gone) {
      Departure.bodyRead(this);
    }
  }

  /** Wall-clock milliseconds of the request's head. */
  public long startMillis() {
    return loop.clock().millis() - (loop.ticker().nanos() - timeline.startNanos()) / 1_000_000;
  }
}
