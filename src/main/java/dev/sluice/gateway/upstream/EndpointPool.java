package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Pool;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.failure.Failure;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/**
 * One loop's connections to one endpoint. The bounds are shared with the other loops' pools ({@link
 * Places}); everything else is confined to the loop.
 *
 * <p>A place belongs to a connection, from the attempt to open it until it is closed. A loop that
 * finds no place waits in line for it and asks a loop with an idle connection to close that. A loop
 * whose connection comes free serves its own line first, unless another loop's has waited
 * noticeably longer.
 */
final class EndpointPool {
  /**
   * How much longer another loop's line must have waited before a connection is given up for it.
   */
  private static final long UNFAIR_NANOS = 10_000_000L;

  private static final int HTTP2_STREAMS = 100;

  private final Loop loop;
  private final Endpoint endpoint;
  private final Pool bounds;
  private final boolean http2;
  private final Opening.Way way;
  private final Claim claim;
  private final Shelf shelf;
  private final WaitLine waiters = new WaitLine();
  private final WaitLine reserving = new WaitLine();
  private final Pace pace;
  private int opening;
  private int open;
  private boolean closed;
  private volatile long waitingSince;

  EndpointPool(Endpoint endpoint, Pool bounds, Opening.Way way, Siblings siblings) {
    this.loop = way.loop();
    this.endpoint = endpoint;
    this.bounds = bounds;
    this.http2 = way.http2();
    this.way = way;
    this.claim = new Claim(this, endpoint.places(), siblings);
    this.shelf = new Shelf(loop, http2, bounds.idle().toNanos());
    this.pace = new Pace(loop.ticker(), loop.turn()::next, this::serve);
  }

  Endpoint endpoint() {
    return endpoint;
  }

  Loop loop() {
    return loop;
  }

  /** Any thread may ask. */
  int idleCount() {
    return shelf.idleCount();
  }

  /** Since when its first has waited; 0 when nobody does. Any thread may ask. */
  long waitingSince() {
    return waitingSince;
  }

  // ---- taking ----

  void lease(long until, LeaseRequest request) {
    if (http2 || (waiters.isEmpty() && inUse() < Pace.FREE)) {
      UpstreamConnection ready = shelf.ready();
      if (ready != null) {
        request.granted(ready.lease());
        return;
      }
    }
    enqueue(until, request, false);
  }

  /**
   * Asks for the right to open one connection outside of the pool, which counts within its bounds.
   * The granted lease has no connection; releasing it frees the place.
   */
  void reserve(long until, LeaseRequest request) {
    if (reserving.isEmpty() && !claim.standing() && claim.take()) {
      request.granted(new Reservation(this));
      return;
    }
    enqueue(until, request, true);
  }

  private void enqueue(long until, LeaseRequest request, boolean reservation) {
    if (!endpoint.tryPend(bounds.pending())
        && !(letOneGo() && endpoint.tryPend(bounds.pending()))) {
      request.refused(Failure.QUEUE_FULL, "too many requests wait for a connection to " + way.to());
      return;
    }
    long now = now();
    Waiter waiter =
        new Waiter(
            loop.timers(),
            request,
            reservation,
            now,
            until,
            Math.min(until - now, bounds.maxWait().toNanos()),
            pace.quietTurns(),
            this::expired);
    (reservation ? reserving : waiters).add(waiter);
    waiter.timer.at(now + waiter.patienceNanos);
    noteWaiting();
    serve();
  }

  boolean cancel(LeaseRequest request) {
    Waiter waiter = waiters.find(request);
    if (waiter == null) {
      waiter = reserving.find(request);
    }
    if (waiter == null) {
      return false;
    }
    leaveLine(waiter);
    return true;
  }

  private void leaveLine(Waiter waiter) {
    (waiter.reservation ? reserving : waiters).remove(waiter);
    waiter.timer.cancel();
    endpoint.pended();
    noteWaiting();
  }

  /** Whether anyone waits here. */
  boolean waiting() {
    return !waiters.isEmpty() || !reserving.isEmpty();
  }

  private void expired(Waiter waiter) {
    long now = now();
    boolean connecting = connecting(waiter);
    if (connecting && now - waiter.until < 0) {
      // Its connection is being opened, which has a bound of its own.
      waiter.timer.at(Math.min(waiter.until, now + way.boundNanos()));
      return;
    }
    leaveLine(waiter);
    waiter.request.refused(
        connecting ? Failure.CONNECT_TIMEOUT : Failure.QUEUE_FULL,
        connecting
            ? "no connection to " + way.to() + " was made in time"
            : "no connection to " + way.to() + " came free in time");
  }

  /** Whether one of the connections that are being opened is meant for it. */
  private boolean connecting(Waiter wanted) {
    return !wanted.reservation
        && waiters.before(wanted) < (http2 ? (long) opening * HTTP2_STREAMS : opening);
  }

  private void noteWaiting() {
    Waiter first = waiters.peek();
    Waiter reserved = reserving.peek();
    if (first == null && reserved == null) {
      waitingSince = 0;
      claim.leave();
    } else if (first == null || (reserved != null && reserved.since - first.since < 0)) {
      waitingSince = reserved == null ? 0 : reserved.since;
    } else {
      waitingSince = first.since;
    }
  }

  /**
   * Gives what there is to those in line, and opens connections for the rest as far as there are
   * places.
   */
  private void serve() {
    while (!waiters.isEmpty()) {
      if (heldBack()) {
        break;
      }
      UpstreamConnection ready = shelf.ready();
      if (ready == null) {
        break;
      }
      grant(ready);
    }
    while (!reserving.isEmpty() || (opening < wanted() && !heldBack())) {
      if (!claim.take()) {
        return;
      }
      Waiter reserved = reserving.peek();
      Waiter first = waiters.peek();
      if (reserved != null
          && (opening >= wanted()
              || heldBack()
              || first == null
              || reserved.since - first.since <= 0)) {
        leaveLine(reserved);
        reserved.request.granted(new Reservation(this));
      } else {
        open();
      }
    }
  }

  /** Connections with a request on them, and those that will have one as soon as they are open. */
  private int inUse() {
    return open + opening - shelf.idleCount();
  }

  private boolean heldBack() {
    return !http2 && !pace.allows(inUse(), waiters.element());
  }

  /** The line is full: if its first is only held back, he goes. */
  private boolean letOneGo() {
    UpstreamConnection ready = http2 || waiters.isEmpty() ? null : shelf.ready();
    if (ready == null) {
      return false;
    }
    grant(ready);
    return true;
  }

  private void grant(UpstreamConnection connection) {
    Waiter first = waiters.element();
    leaveLine(first);
    pace.used();
    first.request.granted(connection.lease());
  }

  /** How many connections those in line need. */
  private int wanted() {
    return http2 ? (waiters.size() + HTTP2_STREAMS - 1) / HTTP2_STREAMS : waiters.size();
  }

  /** A place may be free. Any thread. */
  void lookAgain() {
    loop.context()
        .runOnContext(nothing -> {
          serve();
          claim.passOn();
        });
  }

  /** Closes an idle connection for another pool. Any thread. */
  void giveUpIdle() {
    loop.context()
        .runOnContext(nothing -> {
          UpstreamConnection oldest = shelf.takeIdle();
          if (oldest != null) {
            oldest.close();
          }
        });
  }

  void releasePlace() {
    claim.giveBack();
  }

  // ---- opening and closing ----

  private void open() {
    opening++;
    pace.used();
    Opening.begin(way, new Pending());
  }

  /**
   * A connection that is being opened. One that takes too long keeps its place, since nobody can
   * say that it is closed, but others may be opened beside it; it is used when it comes after all.
   */
  private final class Pending implements Opening.Owner {
    private boolean late;

    @Override
    public void late() {
      late = true;
      opening--;
      connectFailed(new ConnectTimeoutException());
    }

    @Override
    public void ended(@Nullable HttpClientConnection connection, @Nullable Throwable cause) {
      opening -= late ? 0 : 1;
      if (connection != null) {
        opened(connection);
        return;
      }
      releasePlace();
      if (late || cause == null) {
        serve();
      } else {
        connectFailed(cause);
      }
    }
  }

  private void opened(HttpClientConnection connection) {
    UpstreamConnection fresh =
        new UpstreamConnection(
            this, connection, way.guard().install(connection), http2, now(), lifetime());
    endpoint.opened();
    open++;
    shelf.opened(fresh);
    free(fresh);
  }

  /** Tells those whom this connection would have served; the others go on waiting. */
  private void connectFailed(Throwable cause) {
    String detail = "no connection to " + way.to() + ": " + ConnectFailures.words(cause);
    Failure failure = ConnectFailures.of(cause);
    for (int left = Math.min(waiters.size(), http2 ? HTTP2_STREAMS : 1);
        left > 0 && !waiters.isEmpty();
        left--) {
      Waiter first = waiters.element();
      leaveLine(first);
      first.request.refused(failure, detail);
    }
    serve();
  }

  private long lifetime() {
    if (bounds.maxAge() == null) {
      return Long.MAX_VALUE;
    }
    long age = bounds.maxAge().toNanos();
    return age
        - loop.random().nextLong(age / 10 + 1); // so that those opened together do not end together
  }

  /** A connection has room for a request: the line, another loop, or the shelf gets it. */
  void free(UpstreamConnection connection) {
    pace.answered();
    if (connection.worn(now()) || (closed && waiters.isEmpty())) {
      connection.retire();
    } else if (!waiters.isEmpty() && !http2 && pace.tooWide(inUse(), waiters.element())) {
      shelve(connection);
      serve();
    } else if (!waiters.isEmpty() && !unfair()) {
      if (http2) {
        serve();
      } else {
        grant(connection);
      }
    } else if (!waiters.isEmpty() || claim.wantedElsewhere()) {
      connection.retire();
    } else {
      shelve(connection);
    }
    shelf.count();
  }

  private void shelve(UpstreamConnection connection) {
    if (!connection.unused()) {
      return;
    }
    shelf.shelve(connection);
    // Another pool may have looked for an idle one just before this was one.
    if (claim.wantedElsewhere()) {
      shelf.remove(connection);
      connection.close();
    }
  }

  /**
   * Whether someone else has waited for a place so much longer than the first here that he comes
   * first.
   */
  private boolean unfair() {
    long mine = waiters.element().since;
    Waiter reserved = reserving.peek();
    return (reserved != null && mine - reserved.since > UNFAIR_NANOS)
        || claim.waitsElsewhere(mine, UNFAIR_NANOS);
  }

  /** A connection is closed, by whomever. */
  void gone(UpstreamConnection connection) {
    shelf.remove(connection);
    endpoint.closed();
    open--;
    releasePlace();
    serve();
  }

  /**
   * Closes what is idle; what is in use closes when it comes free, and those in line are still
   * served. On the loop.
   */
  void close() {
    closed = true;
    shelf.close();
  }

  /** Whether anything is under way through it. On the loop. */
  boolean busy() {
    return opening > 0 || claim.holds() || waiting();
  }

  int maxRequests() {
    return bounds.maxRequests();
  }

  private long now() {
    return loop.ticker().nanos();
  }
}
