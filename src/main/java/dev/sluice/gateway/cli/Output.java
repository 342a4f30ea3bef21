package dev.sluice.gateway.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command writes. */
record Output(PrintWriter out, PrintWriter err) {
  /**
   * The streams that the command line was given; picocli has filled {@code spec} before a command
   * runs.
   */
  static Output of(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return new Output(spec.commandLine().getOut(), spec.commandLine().getErr());
  }

  /** {@code 1 route}, {@code 2 routes}. */
  static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
