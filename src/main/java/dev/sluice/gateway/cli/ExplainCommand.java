package dev.sluice.gateway.cli;

import dev.sluice.gateway.Explainer;
import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.failure.Failed;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice explain}. */
@Command(
    name = "explain",
    description = {
      "Tells what would happen to a request.",
      "Which route takes it and why the nearer ones do not, the filters in order, the upstream, the bounds.",
      "Sends nothing."
    },
    footer = {
      "",
      "Example:  sluice explain GET http://localhost:8080/hello?name=Ada -H 'accept: text/html'"
    })
final class ExplainCommand implements Callable<Integer> {
  @Mixin private ConfigFile file = new ConfigFile();

  @Parameters(index = "0", paramLabel = "METHOD", description = "The method, as GET.")
  private String method = "";

  @Parameters(index = "1", paramLabel = "URL", description = "Whole, or the path alone.")
  private String url = "";

  @Option(
      names = {"-H", "--header"},
      paramLabel = "'NAME: VALUE'",
      description = "A header of the request; may be given several times.")
  private List<String> headers = new ArrayList<>();

  @Option(
      names = "--admin",
      paramLabel = "URL",
      description = "Asks the running gateway with this admin address in place of reading a file.")
  private @Nullable URI admin;

  @Option(names = "--token", paramLabel = "TOKEN", description = "The admin API's token.")
  private @Nullable String token;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Output output = Output.of(spec);
    MultiMap given = MultiMap.caseInsensitiveMultiMap();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon <= 0) {
        throw wrong("A header is written as 'name: value', not \"" + header + "\".");
      }
      given.add(header.substring(0, colon).trim(), header.substring(colon + 1).trim());
    }
    JsonObject answer;
    if (admin != null) {
      answer =
          AdminQuery.of(admin, token, wrong("").getCommandLine()).explain(method, url, headers);
    } else {
      Result.Loaded loaded = file.loadOrReport(output.err());
      if (loaded == null) {
        return 1;
      }
      try {
        answer =
            new Explainer(loaded.config(), Checks.table(loaded.config()))
                .explain(method, url, given);
      } catch (Failed refused) {
        throw new Sluice.Refusal(
            "such a request is refused: "
                + refused.getMessage()
                + " ("
                + refused.failure().reason()
                + ")");
      }
    }
    ExplainText.lines(answer).forEach(output.out()::println);
    return 0;
  }

  private CommandLine.ParameterException wrong(String line) {
    if (spec == null) {
      throw new IllegalStateException(line);
    }
    return new CommandLine.ParameterException(spec.commandLine(), line);
  }
}
