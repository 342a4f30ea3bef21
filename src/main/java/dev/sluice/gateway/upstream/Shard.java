package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
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
   * Asks for a fresh HTTP/1.1 connection that nobody else will use, for a WebSocket; it counts
   * within the pool's bounds until its lease is released.
   */
  void leaseOwn(Endpoint endpoint, long waitUntilNanos, LeaseRequest request);

  /** The value of a sticky cookie that leads back to this endpoint; does not tell its address. */
  String stickyValue(Endpoint endpoint);
}
