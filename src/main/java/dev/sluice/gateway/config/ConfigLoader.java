package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;

/** Reads the configuration language. Stateless; any thread that may block. */
public final class ConfigLoader {
  /** What came of reading: a configuration, or all that is wrong with the files. */
  public sealed interface Result {
    /**
     * Good.
     *
     * @param files every file that was read (configuration, includes, certificates, error pages),
     *     as it was before, for watching
     * @param hash of everything read, so that a reload of the same content can be seen
     * @param sources for problems that later checks find, with their lines
     */
    record Loaded(GatewayConfig config, List<FileMark> files, String hash, Sources sources)
        implements Result {
      public Loaded {
        files = List.copyOf(files);
      }
    }

    /**
     * Bad; at least one problem, ordered by file and line. {@code files} also holds those that were
     * not there.
     */
    record Invalid(List<Problem> problems, List<FileMark> files) implements Result {
      public Invalid {
        problems = List.copyOf(problems);
        files = List.copyOf(files);
      }
    }
  }

  private final UnaryOperator<@Nullable String> environment;

  /** Reads variables from {@code environment}, which gives null for an unset one. */
  public ConfigLoader(UnaryOperator<@Nullable String> environment) {
    this.environment = environment;
  }

  /**
   * Reads the file and everything that it includes; never throws for bad input. Blocks; never on an
   * event loop.
   */
  public Result load(Path file) {
    return load(file, null);
  }

  /**
   * The same with the routing part from elsewhere, where the file says so.
   *
   * @param routing null to read the node's own part alone, whose names of policies then lead
   *     nowhere yet
   */
  public Result load(Path file, @Nullable RoutingText routing) {
    Sources sources = new Sources();
    Reading reading = new Reading(sources, environment);
    GatewayConfig config = null;
    MappingNode root = new Includes(reading).join(file, routing);
    if (root != null) {
      GatewayBlock.prepare(root, reading);
      config = GatewayBlock.BLOCK.read(root, reading);
      reading.names().resolve(routing == null && SourceBlock.elsewhere(root));
    }
    List<Problem> problems = reading.problems();
    if (config == null || !problems.isEmpty()) {
      return new Result.Invalid(problems, sources.files());
    }
    return new Result.Loaded(
        config.withWarnings(reading.warnings()), sources.files(), sources.hash(), sources);
  }
}
