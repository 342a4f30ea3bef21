package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.http.WebSocketClient;
import org.jspecify.annotations.Nullable;

/** What one loop owns of an upstream: its picker and its connections. On the owning loop. */
public interface Shard {
  /** An endpoint, or null when none may be used; {@link #unavailable()} then says why. */
  @Nullable Endpoint pick(PickContext context);

  /**
   * Why there is nothing to pick: {@code NO_HEALTHY_ENDPOINT}, or {@code DNS_FAILED} for a name
   * that never resolved.
   */
  Failure unavailable();

  /**
   * Asks for a lease on a connection to the endpoint. May grant before it returns.
   *
   * @param waitUntilNanos end of the caller's patience (its deadline); the pool's own bound applies
   *     as well
   */
  void lease(Endpoint endpoint, long waitUntilNanos, LeaseRequest request);

  /** Takes a waiting request back; does nothing when it was granted or refused. */
  void cancel(LeaseRequest request);

  /**
   * Asks for the right to open one connection outside of the pool, for a WebSocket; it counts
   * within the same bounds. The granted lease has no connection ({@link Lease#connection()}
   * throws); releasing it frees the place.
   */
  void reserve(Endpoint endpoint, long waitUntilNanos, LeaseRequest request);

  /** What a failure to open a WebSocket means. */
  Failure connectFailure(Throwable cause);

  /** The value of a sticky cookie that leads back to this endpoint; does not tell its address. */
  String stickyValue(Endpoint endpoint);

  /** Opens WebSockets with this upstream's TLS and connect bound. */
  WebSocketClient webSockets();
}
