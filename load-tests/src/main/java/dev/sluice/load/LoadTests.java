package dev.sluice.load;

import io.gatling.app.Gatling$;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code sluice load}; the launcher starts it in a JVM of its own. */
@Command(
    name = "sluice load",
    description = {
      "Runs a simulation of load (Gatling) against a gateway that runs already.",
      "Without a name it lists them. docs/load-tests.md tells more."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every assertion holds",
      "1:an assertion failed, or there is nothing to run against",
      "2:wrong usage"
    })
public final class LoadTests implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The simulation.")
  private @Nullable String name;

  @Option(
      names = "--url",
      paramLabel = "URL,...",
      description = "The gateway, or its nodes; " + Given.DEFAULT_URL + " when not given.")
  private @Nullable String url;

  @Option(
      names = "--admin",
      paramLabel = "URL",
      description = "Its admin API, for soak and reload; " + Given.DEFAULT_ADMIN + ".")
  private @Nullable String admin;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "The admin API's token; SLUICE_TOKEN from the environment when not given.")
  private @Nullable String token;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      description = "How long, as 30s, 5m or 2h; each simulation has its own when not given.")
  private @Nullable String duration;

  @Option(names = "--rate", paramLabel = "N", description = "Requests a second.")
  private @Nullable Integer rate;

  @Option(names = "--users", paramLabel = "N", description = "Users at once.")
  private @Nullable Integer users;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  /** Ends the process with the code of the command. */
  public static void main(String... arguments) {
    System.exit(new CommandLine(new LoadTests()).setUsageHelpWidth(100).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (name == null) {
      list(System.out);
      return 0;
    }
    Optional<Plan> plan = Plan.named(name);
    if (plan.isEmpty()) {
      throw wrong("there is no simulation " + name + "; ./sluice load lists them");
    }
    tell();
    Optional<String> finding = FirstLook.finding(plan.get());
    if (finding.isPresent()) {
      System.err.println("sluice: " + finding.get());
      return 1;
    }
    return run(plan.get());
  }

  /** Passes on what was given to the simulation. */
  private void tell() {
    if (duration != null && !Given.isDuration(duration)) {
      throw wrong("--duration is one such as 30s, 5m or 2h, not " + duration);
    }
    if ((rate != null && rate < 1) || (users != null && users < 1)) {
      throw wrong("--rate and --users are 1 or more");
    }
    for (String address :
        ((url == null ? "" : url + ",") + (admin == null ? "" : admin)).split(",")) {
      if (!address.isEmpty() && !address.matches("https?://[^/\\s]+/?")) {
        throw wrong("an address is one such as http://localhost:8080, not " + address);
      }
    }
    Given.say("url", url);
    Given.say("admin", admin);
    Given.say("token", token == null ? System.getenv("SLUICE_TOKEN") : token);
    Given.say("duration", duration);
    Given.say("rate", rate);
    Given.say("users", users);
    Given.say("folder", home().resolve(Given.DEFAULT_FOLDER));
  }

  private static int run(Plan plan) {
    String results = home().resolve("load-tests/target/gatling").toString();
    // Gatling's own main would end the process with a code of its own.
    int code =
        Gatling$.MODULE$.fromArgs(
            new String[] {
              "--simulation", plan.simulation().getName(), "--results-folder", results
            });
    System.out.println(
        plan.title()
            + (code == 0 ? ": every assertion holds" : ": failed")
            + "; reports: "
            + results);
    return code == 0 ? 0 : 1;
  }

  private static Path home() {
    return Path.of(System.getProperty("sluice.home", ""));
  }

  private CommandLine.ParameterException wrong(String sentence) {
    return new CommandLine.ParameterException(Objects.requireNonNull(spec).commandLine(), sentence);
  }

  private static void list(PrintStream out) {
    int width = 0;
    for (Plan plan : Plan.values()) {
      width = Math.max(width, plan.title().length());
    }
    for (Plan plan : Plan.values()) {
      out.println(plan.title() + " ".repeat(width + 2 - plan.title().length()) + plan.purpose());
    }
  }
}
