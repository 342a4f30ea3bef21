package dev.sluice.gateway.cli;

import dev.sluice.gateway.RouteText;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.RouteConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice routes}. */
@Command(
    name = "routes",
    description = {
      "Lists the routes in the order of the file.",
      "The most specific route takes a request, whatever the order; see sluice explain."
    })
final class RoutesCommand implements Callable<Integer> {
  @Mixin private ConfigFile file = new ConfigFile();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Output output = Output.of(spec);
    Result.Loaded loaded = file.loadOrReport(output.err());
    if (loaded == null) {
      return 1;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("NAME", "HOSTS", "PATH", "METHODS", "ACTION", "TIMEOUT"));
    for (RouteConfig route : loaded.config().routing().routes()) {
      rows.add(
          List.of(
              route.name(),
              any(route.match().hosts()),
              RouteText.path(route),
              any(route.match().methods()),
              RouteText.action(route),
              RouteText.duration(route.timeout())));
    }
    Table.lines(rows).forEach(output.out()::println);
    return 0;
  }

  private static String any(List<String> values) {
    return values.isEmpty() ? "any" : String.join(",", values);
  }
}
