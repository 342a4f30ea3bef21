package dev.sluice.gateway.cli;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.ConfigLoader.Result;
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
    Gateway gateway;
    try {
      gateway = Gateway.start(file.path(), file.loader(), loaded, debug);
    } catch (Gateway.StartFailed failed) {
      throw new Sluice.Refusal(String.valueOf(failed.getMessage()));
    }
    signals.started(gateway);
    gateway.banner().forEach(output.out()::println);
    output.out().flush();
    signals.stopped().get();
    return 0;
  }
}
