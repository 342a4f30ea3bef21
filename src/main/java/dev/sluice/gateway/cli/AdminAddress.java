package dev.sluice.gateway.cli;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options {@code --admin} and {@code --token} of commands that ask a running gateway. */
final class AdminAddress {
  @Option(
      names = "--admin",
      paramLabel = "URL",
      description = {
        "The running gateway's admin address; SLUICE_ADMIN from the environment when not given,",
        "else http://127.0.0.1:9901."
      },
      defaultValue = "${env:SLUICE_ADMIN:-http://127.0.0.1:9901}")
  private URI admin = URI.create("http://127.0.0.1:9901");

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "The admin API's token; SLUICE_TOKEN from the environment when not given.")
  private @Nullable String token;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** Whom to ask. */
  AdminQuery query() {
    String given = token == null ? System.getenv("SLUICE_TOKEN") : token;
    if (spec == null) {
      throw new IllegalStateException("no command");
    }
    return AdminQuery.of(admin, given, spec.commandLine());
  }
}
