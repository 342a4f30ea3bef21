package dev.sluice.gateway.cli;

import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RoutingText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --config} and what all commands do with it. */
final class ConfigFile {
  private static final Path DEFAULT = Path.of("conf", "sluice.yaml");

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "The configuration; conf/sluice.yaml beside the launcher when not given.")
  private @Nullable Path given;

  private final ConfigLoader loader = new ConfigLoader(System::getenv);

  /**
   * The file: a given one as it was given, the default beside the launcher wherever the caller
   * stands.
   */
  Path path() {
    if (given != null) {
      return given;
    }
    String home = System.getProperty("sluice.home");
    if (home == null || Path.of(home).equals(Path.of("").toAbsolutePath())) {
      return DEFAULT;
    }
    return Path.of(home).resolve(DEFAULT);
  }

  ConfigLoader loader() {
    return loader;
  }

  /** The configuration; when it is bad, all problems go to {@code err} and the answer is null. */
  Result.@Nullable Loaded loadOrReport(PrintWriter err) {
    return loadOrReport(err, null);
  }

  /**
   * The same.
   *
   * @param routing the file of the routing part, when that does not belong into the configuration
   */
  Result.@Nullable Loaded loadOrReport(PrintWriter err, @Nullable Path routing) {
    RoutingText beside =
        routing == null ? null : new RoutingText(0, routing.toString(), TextFile.read(routing));
    return switch (Checks.load(loader, path(), beside)) {
      case Result.Loaded loaded -> loaded;
      case Result.Invalid invalid -> {
        report(invalid.problems(), err);
        yield null;
      }
    };
  }

  static void report(List<Problem> problems, PrintWriter err) {
    problems.forEach(problem -> err.println(problem.render()));
    err.println(problems.size() == 1 ? "1 problem" : problems.size() + " problems");
  }

  static void warn(Result.Loaded loaded, PrintWriter err) {
    loaded.config().warnings().forEach(warning -> err.println("warning: " + warning));
  }
}
