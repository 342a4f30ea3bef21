package dev.sluice.gateway.offload;

/** The bounds of the pools. */
public record OffloadSettings(Pool cpu, Pool blocking, Pool loop) {
  /**
   * The bounds of one.
   *
   * @param places tasks that run at once
   * @param queue tasks that may wait for a place
   * @param virtual whether its threads are virtual; places on event loops have none
   */
  public record Pool(int places, int queue, boolean virtual) {}

  /** The bounds of a kind's pool. */
  public Pool of(Kind kind) {
    return switch (kind) {
      case CPU -> cpu;
      case BLOCKING -> blocking;
      case LOOP -> loop;
    };
  }
}
