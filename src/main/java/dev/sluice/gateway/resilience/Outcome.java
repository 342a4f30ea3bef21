package dev.sluice.gateway.resilience;

/** How the work under a {@link Permit} ended. */
public enum Outcome {
  /** It did what it should. */
  SUCCESS,
  /** It failed in a way that the guard should learn from. */
  FAILURE,
  /** It says nothing about the guarded thing: the client left, or nothing was sent. */
  IGNORED
}
