package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig.Server;
import java.io.IOException;

/** A database server that this process starts. All calls block; one at a time. */
interface EmbeddedDatabase {
  /**
   * Starts it and waits until it serves. One that a killed process of ours left over in the same
   * folder is stopped first. Whatever comes of it, {@link #stop} gives back what it took.
   */
  Server start() throws IOException;

  /** Stops it; does nothing when it does not run. */
  void stop();
}
