package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Pool;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
  private final HttpClientAgent client;
  private final HttpConnectOptions options;
  private final ConnectionGuard guard;
  private final Siblings siblings;

  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
  private final List<UpstreamConnection> shared = new ArrayList<>();
  private final WaitLine waiters = new WaitLine();
  private final WaitLine reserving = new WaitLine();
  private final Timer sweep;
  private final Places.Line endpointLine = new Places.Line(this);
  private final Places.Line totalLine = new Places.Line(this);
  private int opening;
  private int held;
  private boolean closed;
  private volatile int idleCount;
  private volatile long waitingSince;

  EndpointPool(
      Loop loop,
      Endpoint endpoint,
      Pool bounds,
      boolean http2,
      HttpClientAgent client,
      HttpConnectOptions options,
      ConnectionGuard guard,
      Siblings siblings) {
    this.loop = loop;
    this.endpoint = endpoint;
    this.bounds = bounds;
    this.http2 = http2;
    this.client = client;
    this.options = options;
    this.guard = guard;
    this.siblings = siblings;
    this.sweep = loop.timers().timer(this::sweep);
  }

  Endpoint endpoint() {
    return endpoint;
  }

  Loop loop() {
    return loop;
  }

  /** Any thread may ask. */
  int idleCount() {
    return idleCount;
  }

  // ---- taking ----

  void lease(long until, LeaseRequest request) {
    UpstreamConnection ready = ready();
    if (ready != null) {
      request.granted(ready.lease());
      return;
    }
    enqueue(until, request, false);
  }

  void reserve(long until, LeaseRequest request) {
    if (reserving.isEmpty() && !endpointLine.standing() && !totalLine.standing() && takePlace()) {
      request.granted(new Reservation(this));
      return;
    }
    enqueue(until, request, true);
  }

  private void enqueue(long until, LeaseRequest request, boolean reservation) {
    if (!endpoint.tryPend(bounds.pending())) {
      request.refused(
          Failure.QUEUE_FULL, "too many requests wait for a connection to " + endpoint.label());
      return;
    }
    Waiter waiter = new Waiter(loop.timers(), request, reservation, now(), until, this::expired);
    (reservation ? reserving : waiters).add(waiter);
    waiter.timer.at(Math.min(until, waiter.since + bounds.maxWait().toNanos()));
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
      waiter.timer.at(Math.min(waiter.until, now + bounds.connect().toNanos()));
      return;
    }
    leaveLine(waiter);
    waiter.request.refused(
        connecting ? Failure.CONNECT_TIMEOUT : Failure.QUEUE_FULL,
        connecting
            ? "no connection to " + endpoint.label() + " was made in time"
            : "no connection to " + endpoint.label() + " came free in time");
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
      endpoint.places().leave(endpointLine);
      siblings.total().leave(totalLine);
    } else if (first == null || (reserved != null && reserved.since - first.since < 0)) {
      waitingSince = reserved == null ? 0 : reserved.since;
    } else {
      waitingSince = first.since;
    }
  }

  /** A connection that can take a request now; null when there is none. */
  private @Nullable UpstreamConnection ready() {
    if (http2) {
      for (UpstreamConnection connection : shared) {
        if (connection.hasRoom()) {
          return connection;
        }
      }
      return null;
    }
    UpstreamConnection connection;
    while ((connection = idle.poll()) != null) {
      if (connection.worn(now())) {
        connection.close();
      } else {
        countIdle();
        return connection;
      }
    }
    countIdle();
    return null;
  }

  /**
   * Gives what there is to those in line, and opens connections for the rest as far as there are
   * places.
   */
  private void serve() {
    while (!waiters.isEmpty()) {
      UpstreamConnection ready = ready();
      if (ready == null) {
        break;
      }
      grant(ready);
    }
    while (!reserving.isEmpty() || opening < wanted()) {
      if (!takePlace()) {
        return;
      }
      Waiter reserved = reserving.peek();
      Waiter first = waiters.peek();
      if (reserved != null
          && (opening >= wanted() || first == null || reserved.since - first.since <= 0)) {
        leaveLine(reserved);
        reserved.request.granted(new Reservation(this));
      } else {
        open();
      }
    }
  }

  private void grant(UpstreamConnection connection) {
    Waiter first = waiters.element();
    leaveLine(first);
    first.request.granted(connection.lease());
  }

  /** How many connections those in line need. */
  private int wanted() {
    return http2 ? (waiters.size() + HTTP2_STREAMS - 1) / HTTP2_STREAMS : waiters.size();
  }

  /**
   * A place within both bounds; without one the pool stands in the line of the bound that is used
   * up.
   */
  private boolean takePlace() {
    if (!takeOrAwait(endpoint.places(), endpointLine, false)) {
      return false;
    }
    if (takeOrAwait(siblings.total(), totalLine, true)) {
      held++;
      return true;
    }
    endpoint.places().giveBack();
    return false;
  }

  private boolean takeOrAwait(Places places, Places.Line line, boolean anywhere) {
    if (places.tryTake()) {
      return true;
    }
    places.await(line);
    // One may have come free between the look and the line.
    if (places.tryTake()) {
      return true;
    }
    siblings.askForIdle(this, anywhere);
    return false;
  }

  /** A place may be free. Any thread. */
  void lookAgain() {
    loop.context()
        .runOnContext(nothing -> {
          serve();
          // What was not needed here goes to the next in line.
          endpoint.places().wake();
          siblings.total().wake();
        });
  }

  /** Closes an idle connection for another pool. Any thread. */
  void giveUpIdle() {
    loop.context()
        .runOnContext(nothing -> {
          UpstreamConnection oldest = http2 ? idleShared() : idle.pollLast();
          countIdle();
          if (oldest != null) {
            oldest.close();
          }
        });
  }

  private @Nullable UpstreamConnection idleShared() {
    for (UpstreamConnection connection : shared) {
      if (connection.unused()) {
        return connection;
      }
    }
    return null;
  }

  /** Notes for the other loops how many connections have nothing to do. */
  private void countIdle() {
    int count = idle.size();
    for (int i = 0; i < shared.size(); i++) {
      if (shared.get(i).unused()) {
        count++;
      }
    }
    idleCount = count;
  }

  void releasePlace() {
    held--;
    endpoint.places().giveBack();
    siblings.total().giveBack();
  }

  // ---- opening and closing ----

  private void open() {
    opening++;
    loop.context().runOnContext(nothing -> connect());
  }

  private void connect() {
    Future<HttpClientConnection> connecting;
    try {
      connecting = client.connect(options);
    } catch (RuntimeException refused) {
      connecting = Future.failedFuture(refused);
    }
    connecting.onComplete(this::opened);
  }

  private void opened(@Nullable HttpClientConnection connection, @Nullable Throwable cause) {
    opening--;
    if (connection == null) {
      releasePlace();
      connectFailed(cause == null ? new IllegalStateException("no connection") : cause);
      return;
    }
    UpstreamConnection fresh =
        new UpstreamConnection(
            this, connection, guard.install(connection), http2, now(), lifetime());
    endpoint.opened();
    if (http2) {
      shared.add(fresh);
    }
    free(fresh);
  }

  /** Tells those whom this connection would have served; the others go on waiting. */
  private void connectFailed(Throwable cause) {
    String detail = "no connection to " + endpoint.label() + ": " + ConnectFailures.words(cause);
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
    if (connection.worn(now()) || (closed && waiters.isEmpty())) {
      connection.retire();
    } else if (!waiters.isEmpty() && !unfair()) {
      if (http2) {
        serve();
      } else {
        grant(connection);
      }
    } else if (!waiters.isEmpty() || wantedElsewhere()) {
      connection.retire();
    } else {
      shelve(connection);
    }
    countIdle();
  }

  private void shelve(UpstreamConnection connection) {
    if (!connection.unused()) {
      return;
    }
    connection.idleSince(now());
    if (!http2) {
      idle.push(connection);
    }
    countIdle();
    if (!sweep.armed()) {
      sweep.at(now() + bounds.idle().toNanos());
    }
    // Another pool may have looked for an idle one just before this was one.
    if (wantedElsewhere()) {
      idle.remove(connection);
      connection.close();
    }
  }

  private boolean wantedElsewhere() {
    return endpoint.places().wanted() || siblings.total().wanted();
  }

  /**
   * Whether someone else has waited for a place so much longer than the first here that he comes
   * first.
   */
  private boolean unfair() {
    long mine = waiters.element().since;
    Waiter reserved = reserving.peek();
    return (reserved != null && mine - reserved.since > UNFAIR_NANOS)
        || longer(endpoint.places().first(), mine)
        || longer(siblings.total().first(), mine);
  }

  private boolean longer(@Nullable EndpointPool other, long mine) {
    if (other == null || other == this) {
      return false;
    }
    long since = other.waitingSince;
    return since != 0 && mine - since > UNFAIR_NANOS;
  }

  /** A connection is closed, by whomever. */
  void gone(UpstreamConnection connection) {
    shared.remove(connection);
    idle.remove(connection);
    countIdle();
    endpoint.closed();
    releasePlace();
    serve();
  }

  private void sweep() {
    long now = now();
    long patience = bounds.idle().toNanos();
    long next = Long.MAX_VALUE;
    for (UpstreamConnection connection : List.copyOf(http2 ? shared : idle)) {
      if (!connection.unused()) {
        continue;
      }
      long left = connection.idleSince() + patience - now;
      if (left <= 0 || connection.worn(now)) {
        idle.remove(connection);
        connection.close();
      } else {
        next = Math.min(next, left);
      }
    }
    countIdle();
    if (next != Long.MAX_VALUE) {
      sweep.at(now + next);
    }
  }

  /**
   * Closes what is idle; what is in use closes when it comes free, and those in line are still
   * served. On the loop.
   */
  void close() {
    closed = true;
    sweep.cancel();
    for (UpstreamConnection connection : List.copyOf(http2 ? shared : idle)) {
      connection.retire();
    }
    idle.clear();
    countIdle();
  }

  /** Whether anything is under way through it. On the loop. */
  boolean busy() {
    return opening > 0 || held > 0 || !waiters.isEmpty();
  }

  int maxRequests() {
    return bounds.maxRequests();
  }

  private long now() {
    return loop.ticker().nanos();
  }
}
