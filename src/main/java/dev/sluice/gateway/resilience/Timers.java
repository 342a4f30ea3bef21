package dev.sluice.gateway.resilience;

/**
 * The timers of one event loop: a hashed wheel whose timers cost nothing to move later, as idle and
 * deadline timers are moved with every chunk and nearly never fire.
 *
 * <p>Confined to one thread. A {@link Timer} is made once by its owner and used again as often as
 * needed.
 */
public interface Timers {
  /** A new timer, not armed, that runs {@code action} on this loop each time it comes due. */
  Timer timer(Runnable action);

  /** The clock these timers follow. */
  Ticker ticker();

  /** A re-usable timer. All calls on the owning loop. */
  interface Timer {
    /**
     * Arms the timer, or moves it, to {@code nanos} on the ticker. It fires at that time or up to
     * one tick later.
     */
    void at(long nanos);

    /** Disarms the timer; nothing happens when it is not armed. */
    void cancel();

    /** Whether the timer is waiting to fire. */
    boolean armed();
  }
}
