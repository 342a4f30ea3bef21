package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/**
 * One open connection to an endpoint. Over HTTP/1 it is its own lease, since there is one at a
 * time; over HTTP/2 each stream has one. Confined to its loop.
 */
final class UpstreamConnection implements Lease {
  private static final int HTTP2_STREAMS = 100;

  private final EndpointPool pool;
  private final HttpClientConnection connection;
  private final ConnectionGuard.Installed guard;
  private final boolean http2;
  private final long expiryNanos;
  private long idleSince;
  private int requests;
  private int active;
  private boolean closed;
  private boolean leaving;

  UpstreamConnection(
      EndpointPool pool,
      HttpClientConnection connection,
      ConnectionGuard.Installed guard,
      boolean http2,
      long now,
      long lifetimeNanos) {
    this.pool = pool;
    this.connection = connection;
    this.guard = guard;
    this.http2 = http2;
    this.expiryNanos = lifetimeNanos == Long.MAX_VALUE ? Long.MAX_VALUE : now + lifetimeNanos;
    connection.closeHandler(nothing -> closed());
    connection.exceptionHandler(cause -> {});
    if (http2) {
      connection.goAwayHandler(goAway -> retire());
    }
  }

  /** The right to send one request on it. */
  Lease lease() {
    requests++;
    active++;
    return http2 ? new Stream() : this;
  }

  boolean hasRoom() {
    return !closed
        && !leaving
        && active < Math.min(HTTP2_STREAMS, connection.maxActiveStreams())
        && !worn(pool.loop().ticker().nanos());
  }

  /** Whether it has served its time; over HTTP/2 it takes no new requests then. */
  boolean worn(long now) {
    int most = pool.maxRequests();
    return closed
        || leaving
        || guard.violation() != null
        || (most > 0 && requests >= most)
        || (expiryNanos != Long.MAX_VALUE && now - expiryNanos > 0);
  }

  /** Whether it is open and has nothing to do. */
  boolean unused() {
    return active == 0 && !closed && !leaving;
  }

  /** Takes no new requests, and closes as soon as the last one under way is done. */
  void retire() {
    if (active == 0) {
      close();
    } else {
      leaving = true;
    }
  }

  long idleSince() {
    return idleSince;
  }

  void idleSince(long nanos) {
    idleSince = nanos;
  }

  void close() {
    if (!closed) {
      leaving = true;
      connection.close().onComplete(nothing -> closed());
    }
  }

  private void closed() {
    if (!closed) {
      closed = true;
      pool.gone(this);
    }
  }

  @Override
  public HttpClientConnection connection() {
    return connection;
  }

  @Override
  public boolean reused() {
    return requests > 1;
  }

  @Override
  public boolean multiplexed() {
    return http2;
  }

  @Override
  public @Nullable Failure violation() {
    return guard.violation();
  }

  @Override
  public void expect(String method) {
    guard.expect(method, false);
  }

  @Override
  public void release(boolean reusable) {
    if (active == 0) {
      return;
    }
    active--;
    if (closed) {
      return;
    }
    if (!reusable && !http2) {
      close();
    } else {
      pool.free(this);
    }
  }

  /** One stream of an HTTP/2 connection. */
  private final class Stream implements Lease {
    private final boolean first = requests == 1;
    private boolean released;

    @Override
    public HttpClientConnection connection() {
      return connection;
    }

    @Override
    public boolean reused() {
      return !first;
    }

    @Override
    public boolean multiplexed() {
      return true;
    }

    @Override
    public @Nullable Failure violation() {
      return guard.violation();
    }

    @Override
    public void expect(String method) {}

    @Override
    public void release(boolean reusable) {
      if (!released) {
        released = true;
        UpstreamConnection.this.release(true);
      }
    }
  }
}
