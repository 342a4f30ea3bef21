package dev.sluice.gateway.cli;

import dev.sluice.gateway.config.JsonSchema;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice schema}. */
@Command(
    name = "schema",
    description = {
      "Prints the JSON Schema of the configuration, for editors.",
      "In the first line of a file:  # yaml-language-server: $schema=sluice.schema.json"
    })
final class SchemaCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    Output.of(spec).out().print(JsonSchema.json());
  }
}
