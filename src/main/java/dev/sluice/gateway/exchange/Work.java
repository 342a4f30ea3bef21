package dev.sluice.gateway.exchange;

import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import java.time.Duration;

/**
 * Work that the gateway does in itself for an exchange: bounded by the route's timeouts, given up
 * when the client leaves unless the route says {@code onClientAbort: complete}. Confined to the
 * exchange's loop.
 */
public final class Work implements Watch {
  private final Exchange exchange;
  private final Bounds bounds;
  private final Task task;
  private boolean stopped;
  private boolean streams;
  private boolean clientWaits;
  private Runnable resume = () -> {};

  /**
   * What a route says of such work.
   *
   * @param timeoutNanos for all of it, or until the answer's head
   * @param totalNanos until the last byte; 0 for no bound
   * @param idleNanos how long no byte may go
   * @param completeNanos how long it goes on after its client left; 0 ends it at once
   */
  public record Bounds(long timeoutNanos, long totalNanos, long idleNanos, long completeNanos) {
    private static final Duration IDLE = Duration.ofSeconds(30);

    /** The same with another time for all of it. */
    public Bounds timeout(long nanos) {
      return new Bounds(nanos, totalNanos, idleNanos, completeNanos);
    }

    /** Those of a route. */
    public static Bounds of(RouteConfig route) {
      Duration idle = route.idle();
      return new Bounds(
          route.timeout().toNanos(),
          route.totalTimeout() == null ? 0 : route.totalTimeout().toNanos(),
          (idle == null ? IDLE : idle).toNanos(),
          switch (route.onClientAbort()) {
            case RouteConfig.OnClientAbort.Cancel cancel -> 0;
            case RouteConfig.OnClientAbort.Complete complete -> complete.atMost().toNanos();
          });
    }
  }

  /** The work itself. */
  @FunctionalInterface
  public interface Task {
    /**
     * Give it up, and call {@link Work#finish} or {@link Exchange#end} when nothing of it is under
     * way any more. Once at most.
     */
    void stop(Failure failure, String why);
  }

  /** Nothing begins before {@link #begin}. */
  public Work(Exchange exchange, Bounds bounds, Task task) {
    this.exchange = exchange;
    this.bounds = bounds;
    this.task = task;
  }

  /** The clock runs from now on, for all of it. */
  public void begin() {
    long timeout = watched();
    exchange.deadline(exchange.loop().ticker().nanos() + timeout);
    exchange.awaitEnd(timeout);
  }

  /** The clock runs from now on until the answer's head; after it, silence counts. */
  public void beginStream() {
    long timeout = watched();
    streams = true;
    exchange.awaitHead(timeout);
    if (bounds.totalNanos() > 0) {
      exchange.awaitEnd(bounds.totalNanos());
    }
  }

  /** A body comes first, however long; only its client's silence counts. */
  public void beginUpload() {
    watched();
    uploads();
  }

  /** The body flows. */
  public void uploads() {
    exchange.await(Wait.BODY, exchange.ingress().bodyIdleNanos());
  }

  /** The body is held back by the work itself. */
  public void holdsUpload() {
    exchange.relax();
  }

  /** The body's last byte has come: from now on the timeout counts. */
  public void uploaded() {
    exchange.awaitHead(exchange.within(bounds.timeoutNanos()));
  }

  private long watched() {
    exchange.watch(this);
    exchange.onAbort(this::left);
    return exchange.within(bounds.timeoutNanos());
  }

  /** The answer's head has left. */
  void headSent() {
    if (streams) {
      exchange.await(Wait.IDLE, bounds.idleNanos());
    }
  }

  /** Run when the client leaves and the work goes on: nothing waits for it any more. */
  void onUnseen(Runnable handler) {
    resume = handler;
  }

  /** Bytes wait for the client: it may be slow, but not silent. */
  void clientWaits() {
    clientWaits = true;
    exchange.await(Wait.IDLE, bounds.idleNanos());
  }

  /** The client took them. */
  void clientTook() {
    clientWaits = false;
    if (streams) {
      exchange.await(Wait.IDLE, bounds.idleNanos());
    } else {
      exchange.relax();
    }
  }

  /** It is over, and this is what came of it. */
  public void finish(Reply reply) {
    stopped = true;
    exchange.answer(reply);
  }

  /** It is over; the answer is written already. */
  public void finish() {
    stopped = true;
    exchange.end();
  }

  private void left() {
    if (exchange.clientGone() && bounds.completeNanos() > 0 && !stopped) {
      exchange.goesOnUnseen();
      clientWaits = false;
      exchange.relax();
      exchange.awaitEnd(bounds.completeNanos());
      resume.run();
      return;
    }
    Failure known = exchange.failure(); // whoever cancels it says why
    String why = exchange.failureDetail();
    if (exchange.clientGone()) {
      stop(Failure.CLIENT_GONE, "the client left");
    } else {
      stop(known == null ? Failure.CANCELLED : known, why == null ? "it was cancelled" : why);
    }
  }

  private void stop(Failure failure, String why) {
    if (!stopped) {
      stopped = true;
      task.stop(failure, why);
    }
  }

  @Override
  public void expired(Wait wait) {
    switch (wait) {
      case BODY -> exchange.body().stalled();
      case IDLE -> {
        Failure failure = clientWaits ? Failure.REQUEST_TIMEOUT : Failure.UPSTREAM_TIMEOUT;
        String why =
            clientWaits ? "the client does not take the answer" : "nothing came for too long";
        exchange.abandon(failure, why);
        stop(failure, why);
      }
      case HEAD, TOTAL -> stop(Failure.DEADLINE_EXCEEDED, "it took too long");
    }
  }
}
