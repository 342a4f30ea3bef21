package dev.sluice.gateway.resilience;

/** The right to do one guarded piece of work; closed exactly once. */
@FunctionalInterface
public interface Permit {
  /** Gives the permit back and tells how the work ended. Any thread; never blocks. */
  void close(Outcome outcome);

  /** The same, for guards that also want to know how long it took, in nanoseconds. */
  default void close(Outcome outcome, long nanos) {
    close(outcome);
  }
}
