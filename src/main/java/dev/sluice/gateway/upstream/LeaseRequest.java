package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;

/**
 * Someone who waits for a {@link Lease}; exactly one of the two methods is called, on the owning
 * loop.
 */
public interface LeaseRequest {
  /** Here it is. Not called after {@link Shard#cancel}. */
  void granted(Lease lease);

  /**
   * There is none: {@code QUEUE_FULL, CONNECT_FAILED, CONNECT_TIMEOUT, TLS_FAILED, DNS_FAILED,
   * NO_HEALTHY_ENDPOINT}.
   */
  void refused(Failure failure, String detail);
}
