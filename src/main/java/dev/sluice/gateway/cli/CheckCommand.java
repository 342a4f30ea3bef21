package dev.sluice.gateway.cli;

import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.SourceConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice check}. */
@Command(
    name = "check",
    description = {
      "Tells all that is wrong with a configuration, each with its line.",
      "Opens no port and asks no upstream. Warnings do not make a configuration bad.",
      "With --live each database is asked whether it takes the statements of the routes; an",
      "embedded one is started anew for it, with its migrations, in a folder of its own."
    })
final class CheckCommand implements Callable<Integer> {
  @Mixin private ConfigFile file = new ConfigFile();

  @Option(
      names = "--routing",
      paramLabel = "FILE",
      description = "The routing part, where the configuration says that a database holds it.")
  private @Nullable Path routing;

  @Option(names = "--live", description = "Ask the databases too.")
  private boolean live;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Output output = Output.of(spec);
    Result.Loaded loaded = file.loadOrReport(output.err(), routing);
    if (loaded == null) {
      return 1;
    }
    ConfigFile.warn(loaded, output.err());
    if (live) {
      List<Problem> objections = LiveCheck.run(loaded);
      if (!objections.isEmpty()) {
        ConfigFile.report(objections, output.err());
        return 1;
      }
    }
    GatewayConfig config = loaded.config();
    if (routing == null && config.node().source() instanceof SourceConfig.Database shared) {
      output
          .out()
          .println(
              file.path()
                  + " is good: "
                  + Output.count(config.listeners().size(), "listener")
                  + "; its routes stand in database "
                  + shared.database());
      return 0;
    }
    output
        .out()
        .println(
            file.path()
                + " is good: "
                + Output.count(config.listeners().size(), "listener")
                + ", "
                + Output.count(config.routing().routes().size(), "route")
                + ", "
                + Output.count(config.routing().upstreams().size(), "upstream"));
    return 0;
  }
}
