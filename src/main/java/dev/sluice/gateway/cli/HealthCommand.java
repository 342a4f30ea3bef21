package dev.sluice.gateway.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice health}: what a container's health check asks. */
@Command(
    name = "health",
    description = {
      "Tells whether a running gateway takes traffic: 0 when it does, 1 and why when it does not.",
      "Needs no token. Each call starts a JVM, so ask by HTTP (/health/ready) where you can."
    })
final class HealthCommand implements Callable<Integer> {
  /** Whoever does not say within this that it is well is not. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  @Mixin private AdminAddress admin = new AdminAddress();

  @Option(names = "--live", description = "Only whether it lives; it may be starting or leaving.")
  private boolean live;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    AdminQuery query = admin.query().within(PATIENCE);
    AdminQuery.Answer answer = query.ask("GET", live ? "/health/live" : "/health/ready", "");
    String reasons = answer.status() == 503 ? reasons(answer) : "";
    if (!reasons.isEmpty()) {
      throw new Sluice.Refusal("not ready: " + reasons);
    }
    query.good(answer);
    Output.of(spec).out().println(live ? "live" : "ready");
    return 0;
  }

  private static String reasons(AdminQuery.Answer answer) {
    try {
      return answer.json().getJsonArray("reasons", new JsonArray()).stream()
          .map(String::valueOf)
          .collect(Collectors.joining(", "));
    } catch (DecodeException another) {
      return ""; // a server that is no gateway
    }
  }
}
