package dev.sluice.gateway.upstream;

import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failure;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/**
 * A connection for one request alone: waits for a place in the endpoint's pool, then is opened
 * outside of it. The place is held until nobody can say that the connection is still there.
 * Confined to its loop.
 */
final class OwnConnection implements LeaseRequest, Opening.Owner, Lease {
  private final EndpointPool pool;
  private final Opening.Way way;
  private final LeaseRequest owner;
  private final Runnable decided;
  private @Nullable Lease place;
  private @Nullable HttpClientConnection connection;
  private ConnectionGuard.Installed installed = ConnectionGuard.NONE;
  private boolean unwanted;

  /**
   * @param decided told when the owner is about to be granted or refused
   */
  OwnConnection(EndpointPool pool, Opening.Way way, LeaseRequest owner, Runnable decided) {
    this.pool = pool;
    this.way = way;
    this.owner = owner;
    this.decided = decided;
  }

  void begin(long waitUntilNanos) {
    pool.reserve(waitUntilNanos, this);
  }

  /** There is a place. */
  @Override
  public void granted(Lease granted) {
    place = granted;
    Opening.begin(way, this);
  }

  @Override
  public void refused(Failure failure, String detail) {
    decided.run();
    owner.refused(failure, detail);
  }

  @Override
  public void late() {
    failed(new ConnectTimeoutException());
  }

  @Override
  public void ended(@Nullable HttpClientConnection fresh, @Nullable Throwable cause) {
    if (fresh == null || unwanted) {
      if (fresh != null) {
        Watched.quietly(fresh.close());
      }
      freePlace();
      failed(cause == null ? new ConnectTimeoutException() : cause);
      return;
    }
    connection = fresh;
    fresh.exceptionHandler(refused -> {});
    installed = way.guard().install(fresh);
    decided.run();
    owner.granted(this);
  }

  /** Tells the owner, once; a connection that comes after all is closed. */
  private void failed(Throwable cause) {
    if (!unwanted) {
      unwanted = true;
      refused(
          ConnectFailures.of(cause),
          "no connection to " + way.to() + ": " + ConnectFailures.words(cause));
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
