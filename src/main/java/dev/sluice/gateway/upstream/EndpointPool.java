package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Pool;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One loop's connections to one endpoint. The bounds are shared with the other loops' pools ({@link Places}); everything
 * else is confined to the loop.
 *
 * <p>A place belongs to a connection, from the attempt to open it until it is closed. A loop that finds no place waits in
 * line and asks a loop with an idle connection to close it. A loop whose connection comes free serves its own line first,
 * unless another loop's has waited noticeably longer.
 */
final class EndpointPool {
  /** How much longer another loop's line must have waited before a connection is given up for it. */
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
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private final Timer sweep;
  private final Places.Line endpointLine = new Places.Line(this);
  private final Places.Line totalLine = new Places.Line(this);
  private int opening;
  private int held;
  private boolean closed;
  private volatile int idleCount;
  private volatile long waitingSince;

  /** The pools of the other loops and endpoints within the same bounds. */
  interface Siblings {
    /** Asks one of them to close an idle connection. */
    void askForIdle(EndpointPool asker);

    /** Bound over all endpoints of the upstream. */
    Places total();
  }

  /** Someone in line. */
  final class Waiter {
    final LeaseRequest request;
    final boolean reservation;
    final long since;
    final Timer timer;

    Waiter(LeaseRequest request, boolean reservation, long since, long until) {
      this.request = request;
      this.reservation = reservation;
      this.since = since;
      this.timer = loop.timers().timer(() -> expired(this));
      timer.at(until);
    }
  }

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
    if (waiters.isEmpty() && takePlace()) {
      request.granted(new Reservation(this));
      return;
    }
    enqueue(until, request, true);
  }

  private void enqueue(long until, LeaseRequest request, boolean reservation) {
    if (!endpoint.tryPend(bounds.pending())) {
      request.refused(Failure.QUEUE_FULL, "too many requests wait for a connection to " + endpoint.label());
      return;
    }
    long now = now();
    Waiter waiter = new Waiter(request, reservation, now, Math.min(until, now + bounds.maxWait().toNanos()));
    waiters.add(waiter);
    noteWaiting();
    serve();
  }

  boolean cancel(LeaseRequest request) {
    for (Waiter waiter : waiters) {
      if (waiter.request == request) {
        leaveLine(waiter);
        return true;
      }
    }
    return false;
  }

  private void leaveLine(Waiter waiter) {
    waiters.remove(waiter);
    waiter.timer.cancel();
    endpoint.pended();
    noteWaiting();
  }

  private void expired(Waiter waiter) {
    leaveLine(waiter);
    waiter.request.refused(
        opening > 0 ? Failure.CONNECT_TIMEOUT : Failure.QUEUE_FULL,
        "no connection to " + endpoint.label() + " came free in time");
  }

  private void noteWaiting() {
    Waiter first = waiters.peek();
    waitingSince = first == null ? 0 : first.since;
  }

  /** A connection that can take a request now; null when there is none. */
  private @Nullable UpstreamConnection ready() {
    long now = now();
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
      idleCount = idle.size();
      if (connection.worn(now)) {
        connection.close();
      } else {
        return connection;
      }
    }
    return null;
  }

  /** Gives what there is to those in line, and opens connections for the rest as far as there are places. */
  private void serve() {
    while (!waiters.isEmpty()) {
      Waiter first = waiters.element();
      if (first.reservation) {
        if (!takePlace()) {
          hunger();
          return;
        }
        leaveLine(first);
        first.request.granted(new Reservation(this));
        continue;
      }
      UpstreamConnection ready = ready();
      if (ready == null) {
        break;
      }
      leaveLine(first);
      first.request.granted(ready.lease());
    }
    int wanted = http2 ? (waiters.size() + HTTP2_STREAMS - 1) / HTTP2_STREAMS : waiters.size();
    while (opening < wanted) {
      if (!takePlace()) {
        hunger();
        return;
      }
      open();
    }
  }

  private boolean takePlace() {
    if (!siblings.total().tryTake()) {
      return false;
    }
    if (endpoint.places().tryTake()) {
      held++;
      return true;
    }
    siblings.total().giveBack();
    return false;
  }

  /** No place is free: waits in line with the other loops, and asks for an idle connection to be given up. */
  private void hunger() {
    endpoint.places().await(endpointLine);
    siblings.total().await(totalLine);
    // One may have come free between the look and the line.
    if (takePlace()) {
      releasePlace();
    }
    siblings.askForIdle(this);
  }

  /** A place may be free. Any thread. */
  void lookAgain() {
    loop.context()
        .runOnContext(
            nothing -> {
              if (waiters.isEmpty()) {
                // Not needed here any more: the next in line is told.
                endpoint.places().wake();
                siblings.total().wake();
              } else {
                serve();
              }
            });
  }

  /** Closes an idle connection for another loop. Any thread. */
  void giveUpIdle() {
    loop.context()
        .runOnContext(
            nothing -> {
              UpstreamConnection oldest = idle.pollLast();
              if (oldest == null) {
                oldest = idleShared();
              }
              idleCount = idle.size();
              if (oldest != null) {
                oldest.close();
              }
            });
  }

  private @Nullable UpstreamConnection idleShared() {
    for (UpstreamConnection connection : shared) {
      if (connection.active() == 0) {
        return connection;
      }
    }
    return null;
  }

  void releasePlace() {
    held--;
    endpoint.places().giveBack();
    siblings.total().giveBack();
    endpoint.places().wake();
    siblings.total().wake();
  }

  // ---- opening and closing ----

  private void open() {
    opening++;
    loop.context()
        .runOnContext(nothing -> client.connect(options).onComplete(this::opened));
  }

  private void opened(@Nullable HttpClientConnection connection, @Nullable Throwable cause) {
    opening--;
    if (connection == null) {
      releasePlace();
      connectFailed(cause == null ? new IllegalStateException("no connection") : cause);
      return;
    }
    UpstreamConnection fresh =
        new UpstreamConnection(this, connection, guard.install(connection), http2, now(), lifetime());
    endpoint.opened();
    if (http2) {
      shared.add(fresh);
    }
    if (closed && waiters.isEmpty()) {
      fresh.close();
    } else if (http2) {
      serve();
    } else {
      free(fresh);
    }
  }

  private void connectFailed(Throwable cause) {
    Waiter first = waiters.peek();
    if (first != null && !first.reservation) {
      leaveLine(first);
      first.request.refused(
          ConnectFailures.of(cause), "no connection to " + endpoint.label() + ": " + ConnectFailures.words(cause));
    }
    serve();
  }

  private long lifetime() {
    if (bounds.maxAge() == null) {
      return Long.MAX_VALUE;
    }
    long age = bounds.maxAge().toNanos();
    return age - loop.random().nextLong(age / 10 + 1); // so that those opened together do not end together
  }

  /** A connection has nothing to do: the line, another loop, or the shelf gets it. */
  void free(UpstreamConnection connection) {
    // A closed pool still serves the exchanges of its own configuration that wait or come late.
    if ((closed && waiters.isEmpty()) || connection.worn(now())) {
      if (connection.active() == 0) {
        connection.close();
      } else {
        serve(); // its other streams go on to their end
      }
      return;
    }
    if (http2) {
      if (waiters.isEmpty() && connection.active() == 0 && wantedElsewhere()) {
        connection.close();
      } else {
        serve();
      }
      return;
    }
    Waiter first = waiters.peek();
    if (first != null && !first.reservation && !unfairTo(first)) {
      leaveLine(first);
      first.request.granted(connection.lease());
    } else if (first != null || wantedElsewhere()) {
      connection.close();
    } else {
      connection.idleSince(now());
      idle.push(connection);
      idleCount = idle.size();
      if (!sweep.armed()) {
        sweep.at(now() + bounds.idle().toNanos());
      }
    }
  }

  private boolean wantedElsewhere() {
    return endpoint.places().wanted() || siblings.total().wanted();
  }

  private boolean unfairTo(Waiter mine) {
    EndpointPool other = endpoint.places().first();
    if (other == null || other == this) {
      return false;
    }
    long since = other.waitingSince;
    return since != 0 && mine.since - since > UNFAIR_NANOS;
  }

  /** A connection is closed, by whomever. */
  void gone(UpstreamConnection connection) {
    shared.remove(connection);
    if (idle.remove(connection)) {
      idleCount = idle.size();
    }
    endpoint.closed();
    releasePlace();
    serve();
  }

  private void sweep() {
    long now = now();
    long patience = bounds.idle().toNanos();
    UpstreamConnection oldest;
    while ((oldest = idle.peekLast()) != null && now - oldest.idleSince() >= patience) {
      idle.pollLast();
      idleCount = idle.size();
      oldest.close();
    }
    oldest = idle.peekLast();
    if (oldest != null) {
      sweep.at(oldest.idleSince() + patience);
    }
  }

  /** Closes what is idle; what is in use closes when it comes free. On the loop. */
  void close() {
    closed = true;
    sweep.cancel();
    for (UpstreamConnection connection : List.copyOf(idle)) {
      connection.close();
    }
    for (UpstreamConnection connection : List.copyOf(shared)) {
      if (connection.active() == 0) {
        connection.close();
      }
    }
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
