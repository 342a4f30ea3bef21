package dev.sluice.gateway.offload;

/** The bounds of the pools. */
public record OffloadSettings(Pool cpu, Pool blocking, Pool loop) {
  /**
   * The bounds of one.
   *
   * @param places tasks that run at once
   * @param queue tasks that may wait for a place
   * @param threads what they run on
   */
  public record Pool(int places, int queue, Threads threads) {}

  /** What tasks run on. */
  public enum Threads {
    /** Threads of the system. */
    PLATFORM,
    /** The same, which step back whenever an event loop has something to do. */
    BACKGROUND,
    /** Virtual ones. */
    VIRTUAL,
    /** The event loops. */
    LOOPS
  }

  /** The bounds of a kind's pool. */
  public Pool of(Kind kind) {
    return switch (kind) {
      case CPU -> cpu;
      case BLOCKING -> blocking;
      case LOOP -> loop;
    };
  }
}
