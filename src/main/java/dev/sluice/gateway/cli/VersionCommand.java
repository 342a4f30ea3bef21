package dev.sluice.gateway.cli;

import dev.sluice.gateway.Version;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice version}. */
@Command(name = "version", description = "Prints the versions of Sluice and of the JDK.")
final class VersionCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    Output.of(spec)
        .out()
        .println("sluice " + Version.current() + " (JDK " + Runtime.version() + ")");
  }
}
