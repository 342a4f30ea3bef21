package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.http.HttpClientConnection;
import org.jspecify.annotations.Nullable;

/** A place for a connection that is opened outside of the pool. */
final class Reservation implements Lease {
  private final EndpointPool pool;
  private boolean released;

  Reservation(EndpointPool pool) {
    this.pool = pool;
  }

  @Override
  public HttpClientConnection connection() {
    throw new IllegalStateException("a reservation has no connection");
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
    return null;
  }

  @Override
  public void expect(String method) {}

  @Override
  public void release(boolean reusable) {
    if (!released) {
      released = true;
      pool.releasePlace();
    }
  }
}
