package dev.sluice.gateway.config;

import java.nio.file.Path;

/** Where upstreams, policies and routes stand. */
public sealed interface SourceConfig {
  /** In the node's own files, with all the rest. */
  record Files() implements SourceConfig {}

  /**
   * In a database, the same for all nodes that share it.
   *
   * @param database its name
   * @param copy the folder of the last good version, for a start without the database
   */
  record Database(String database, Path copy) implements SourceConfig {}
}
