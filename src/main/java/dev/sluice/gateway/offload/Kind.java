package dev.sluice.gateway.offload;

/** What kind of work it is, and so which pool does it. */
public enum Kind {
  /** Computes: a few threads, one a core. */
  CPU,
  /** Waits in a thread, for JDBC or files: many threads, virtual ones where the user wants them. */
  BLOCKING,
  /** Waits without a thread: on the event loops, where nothing may block. */
  LOOP;

  private final String word = name().toLowerCase(java.util.Locale.ROOT);

  /** Its name in configurations and metrics. */
  public String word() {
    return word;
  }
}
