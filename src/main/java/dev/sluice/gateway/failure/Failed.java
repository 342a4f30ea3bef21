package dev.sluice.gateway.failure;

/**
 * Carries a {@link Failure} through a failed {@code Future}; has no stack trace, since it is a
 * value and no fault.
 */
public final class Failed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;

  /** A failure with a sentence for the log and for the problem body; it must hold no secret. */
  public Failed(Failure failure, String detail) {
    super(detail, null, false, false);
    this.failure = failure;
  }

  /** Why. */
  public Failure failure() {
    return failure;
  }
}
