package dev.sluice.gateway.exchange;

/** Where an exchange is now; shown by the admin API and in the line about slow exchanges. */
public enum Phase {
  /** The head is there; filters run. */
  FILTERS,
  /** Waiting between attempts. */
  BACKOFF,
  /** Waiting for a connection of the pool, a new one's making included. */
  CONNECTING,
  /** The request is with the upstream; no answer's head yet. */
  WAITING,
  /** The answer's head has left; bodies stream. */
  STREAMING,
  /** Over. */
  ENDED
}
