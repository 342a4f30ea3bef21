package dev.sluice.gateway.failure;

/** Whether another attempt may be made after a {@link Failure}. */
public enum Retry {
  /** Another attempt cannot help or is not allowed. */
  NEVER,
  /** No byte of the request left the gateway, so a request of any method may be sent again. */
  UNSENT,
  /** Only idempotent methods (RFC 9110 §9.2.2) may be sent again. */
  IDEMPOTENT
}
