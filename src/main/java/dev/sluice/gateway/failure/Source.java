package dev.sluice.gateway.failure;

/**
 * Whose fault a {@link Failure} is: it decides the log level and which side an operator looks at.
 */
public enum Source {
  /** The client sent something that cannot or may not be served, or went away. */
  CLIENT,
  /** An endpoint behind the gateway failed, was too slow, or broke its protocol. */
  UPSTREAM,
  /** The gateway itself refused or failed: limits, drain, faults of its own. */
  GATEWAY
}
