package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** SKELETON: signatures are the contract; the config author fills this in. */
public final class ConfigLoader {
  /** What came of reading: a configuration, or all that is wrong with the files. */
  public sealed interface Result {
    /**
     * Good.
     *
     * @param files every file that was read (configuration, includes, certificates, error pages), for watching
     * @param hash of everything read, so that a reload of the same content can be seen
     */
    record Loaded(GatewayConfig config, List<Path> files, String hash) implements Result {}

    /** Bad; at least one problem, ordered by file and line. */
    record Invalid(List<Problem> problems, List<Path> files) implements Result {}
  }

  private final UnaryOperator<@Nullable String> environment;

  /** Reads variables from {@code environment}, which gives null for an unset one. */
  public ConfigLoader(UnaryOperator<@Nullable String> environment) {
    this.environment = environment;
  }

  /** Reads the file and everything that it includes. Blocks; never on an event loop. */
  public Result load(Path file) {
    throw new UnsupportedOperationException(file + " " + environment);
  }
}
