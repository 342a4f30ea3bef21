package dev.sluice.gateway.exchange;

/** Told when an exchange waits too long; on its loop. */
public interface Watch {
  /** What was waited for. */
  enum Wait {
    /** More of the request's body. */
    BODY,
    /** The answer's head: the deadline. */
    HEAD,
    /** Any byte, either way. */
    IDLE,
    /** The last byte: the total timeout. */
    TOTAL
  }

  /** The wait is over its bound. */
  void expired(Wait wait);
}
