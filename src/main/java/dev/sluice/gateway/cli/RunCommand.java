package dev.sluice.gateway.cli;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.takeover.Handover;
import dev.sluice.gateway.takeover.Predecessor;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice run}. */
@Command(
    name = "run",
    description = {
      "Runs the gateway until it is told to stop.",
      "Ctrl-C or SIGTERM drains it: what is under way is answered, then it exits with 0.",
      "A second one ends it at once. SIGHUP, or saving the file, reloads the configuration."
    })
final class RunCommand implements Callable<Integer> {
  @Mixin private ConfigFile file = new ConfigFile();

  @Mixin private RunFolder folder = new RunFolder();

  @Option(
      names = "--takeover",
      description = {
        "Takes the place of the gateway that runs this configuration: gets its sockets, serves, and"
            + " only then lets it drain. When this start fails, that one goes on.",
        "Nobody runs it: just starts."
      })
  private boolean takeover;

  @Option(
      names = "--debug",
      description =
          "Switches on Vert.x's and Netty's own checks for leaks and blocked loops; slow.")
  private boolean debug;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    Output output = Output.of(spec);
    Result.Loaded loaded = file.loadOrReport(output.err());
    if (loaded == null) {
      return 1;
    }
    ConfigFile.warn(loaded, output.err());
    Signals signals = new Signals();
    signals.install();
    Predecessor before = takeover ? folder.predecessor(file.path(), output.err()) : null;
    Gateway gateway;
    try {
      gateway =
          before == null
              ? Gateway.start(file.path(), file.loader(), loaded, debug)
              : Gateway.start(file.path(), file.loader(), loaded, debug, before);
    } catch (Gateway.StartFailed failed) {
      throw new Sluice.Refusal(String.valueOf(failed.getMessage()));
    }
    signals.started(gateway);
    Handover handover = folder.handover(file.path(), gateway.leaver());
    RunFolder.serves();
    gateway.banner().forEach(output.out()::println);
    output.out().flush();
    gateway.stopped().get();
    if (handover != null) {
      handover.close();
    }
    return 0;
  }
}
