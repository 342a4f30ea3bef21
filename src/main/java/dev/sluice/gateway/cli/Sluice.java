package dev.sluice.gateway.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command {@code sluice}. Exit codes: 0 good, 1 a configuration or another error, 2 wrong
 * usage.
 */
@Command(
    name = "sluice",
    description = "An API gateway: one YAML file, one process.",
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      ExplainCommand.class,
      RoutesCommand.class,
      ConfigCommand.class,
      LoadCommand.class,
      HealthCommand.class,
      SchemaCommand.class,
      VersionCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = false,
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:good", "1:an error in the configuration, or another one", "2:wrong usage"},
    footer = {"", "Start here:  ./sluice run     then:  curl localhost:8080/hello?name=Ada"})
public final class Sluice implements Runnable {
  /** A finding that the user is to read as one line, without a stack trace. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String line) {
      super(line, null, false, false);
    }
  }

  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Shows this help.")
  private boolean help;

  @CommandLine.Spec private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

  /**
   * Runs a command on the process's own streams and says with which code the process should end.
   */
  public static int execute(String... arguments) {
    return execute(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        arguments);
  }

  /** The same on these streams. */
  static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    CommandLine line = new CommandLine(new Sluice());
    line.setOut(out);
    line.setErr(err);
    line.setUsageHelpWidth(100);
    line.setExecutionExceptionHandler((failure, command, parsed) -> {
      if (failure instanceof Refusal) {
        err.println("sluice: " + failure.getMessage());
      } else {
        err.println("sluice: this should not happen: " + failure);
        failure.printStackTrace(err);
      }
      return 1;
    });
    int code = line.execute(arguments);
    out.flush();
    err.flush();
    return code;
  }

  /** Without a command: the help, and the code of wrong usage. */
  @Override
  public void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(spec.commandLine(), "Which command?");
    }
  }
}
