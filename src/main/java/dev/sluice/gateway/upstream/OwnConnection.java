package dev.sluice.gateway.upstream;

import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A connection for one request alone: waits for a place in the endpoint's pool, then is opened
 * outside of it. The place is held until nobody can say that the connection is still there.
 * Confined to its loop.
 */
final class OwnConnection implements LeaseRequest, Lease {
  private final Loop loop;
  private final EndpointPool pool;
  private final HttpClientAgent client;
  private final HttpConnectOptions options;
  private final ConnectionGuard guard;
  private final LeaseRequest owner;
  private final Runnable decided;
  private final Timer bound;
  private @Nullable Lease place;
  private @Nullable HttpClientConnection connection;
  private ConnectionGuard.Installed installed = ConnectionGuard.NONE;
  private boolean unwanted;

  /**
   * @param decided told when the owner is about to be granted or refused
   */
  OwnConnection(
      Loop loop,
      EndpointPool pool,
      HttpClientAgent client,
      HttpConnectOptions options,
      ConnectionGuard guard,
      LeaseRequest owner,
      Runnable decided) {
    this.loop = loop;
    this.pool = pool;
    this.client = client;
    this.options = options;
    this.guard = guard;
    this.owner = owner;
    this.decided = decided;
    this.bound = loop.timers().timer(() -> failed(new ConnectTimeoutException()));
  }

  void begin(long waitUntilNanos) {
    pool.reserve(waitUntilNanos, this);
  }

  /** There is a place. */
  @Override
  public void granted(Lease granted) {
    place = granted;
    bound.at(loop.ticker().nanos() + pool.connectNanos());
    loop.context().runOnContext(nothing -> open());
  }

  @Override
  public void refused(Failure failure, String detail) {
    decided.run();
    owner.refused(failure, detail);
  }

  private void open() {
    if (unwanted) {
      bound.cancel();
      freePlace();
      return;
    }
    Future<HttpClientConnection> connecting;
    try {
      connecting = client.connect(options);
    } catch (RuntimeException refused) {
      connecting = Future.failedFuture(refused);
    }
    connecting.onComplete(this::opened);
  }

  private void opened(@Nullable HttpClientConnection fresh, @Nullable Throwable cause) {
    bound.cancel();
    if (fresh == null || unwanted || !guard.open(fresh)) {
      if (fresh != null) {
        Watched.quietly(fresh.close());
      }
      freePlace();
      failed(cause == null ? new ClosedChannelException() : cause);
      return;
    }
    connection = fresh;
    fresh.exceptionHandler(refused -> {});
    installed = guard.install(fresh);
    decided.run();
    owner.granted(this);
  }

  /** Tells the owner, once; a connection that comes after all is closed. */
  private void failed(Throwable cause) {
    if (!unwanted) {
      unwanted = true;
      refused(
          ConnectFailures.of(cause),
          "no connection to " + pool.endpoint().label() + ": " + ConnectFailures.words(cause));
    }
  }

  /** Nobody waits for it any more. */
  void cancel() {
    unwanted = true;
    pool.cancel(this);
  }

  @Override
  public HttpClientConnection connection() {
    HttpClientConnection open = connection;
    if (open == null) {
      throw new IllegalStateException("not granted yet");
    }
    return open;
  }

  @Override
  public boolean reused() {
    return false;
  }

  @Override
  public boolean multiplexed() {
    return false;
  }

  @Override
  public @Nullable Failure violation() {
    return installed.violation();
  }

  @Override
  public void expect(String method) {
    installed.expect(method, true);
  }

  /**
   * Frees the place.
   *
   * @param reusable whether someone else closes what became of the connection
   */
  @Override
  public void release(boolean reusable) {
    if (!reusable) {
      Watched.quietly(connection().close());
    }
    freePlace();
  }

  private void freePlace() {
    Lease taken = place;
    if (taken != null) {
      place = null;
      taken.release(true);
    }
  }
}
