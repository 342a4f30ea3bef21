package dev.sluice.gateway.database;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;

/** Why a database did not do what was asked; carried through failed futures, without a stack. */
public final class SqlFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whether it may be asked again. */
  public enum Again {
    /** No. */
    NEVER,
    /** The connection was lost or there was none: what only reads may be asked again. */
    READ,
    /** Two transactions were in each other's way and this one lost: again as a whole. */
    TRANSACTION
  }

  private final Failure failure;
  private final Again again;

  /**
   * @param detail one sentence for the client: names of constraints and columns, no values, no
   *     statement
   */
  SqlFault(Failure failure, Again again, String detail) {
    super(detail, null, false, false);
    this.failure = failure;
    this.again = again;
  }

  /** What it is for the client. */
  public Failure failure() {
    return failure;
  }

  /** Whether it may be asked again. */
  public Again again() {
    return again;
  }

  /** As the exchange takes it. */
  public Failed failed() {
    return new Failed(failure, String.valueOf(getMessage()));
  }
}
