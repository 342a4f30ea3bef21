package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class GeneratedDocumentsTest {
  private static final Path REFERENCE = Path.of("docs/reference/configuration.md");

  @Test
  void theReferenceIsWhatTheGeneratorSays() throws IOException {
    if (Boolean.getBoolean("sluice.regenerate")) {
      Files.createDirectories(REFERENCE.getParent());
      Files.writeString(REFERENCE, Reference.markdown());
    }
    assertThat(Files.readString(REFERENCE))
        .as(
            "regenerate: mvn test -Dtest=GeneratedDocumentsTest -Dsluice.regenerate=true (then commit docs/reference)")
        .isEqualTo(Reference.markdown());
  }

  @Test
  void theDefaultConfigurationLoadsWithoutWarnings() {
    ConfigLoader.Result result = new ConfigLoader(name -> null).load(Path.of("conf/sluice.yaml"));
    assertThat(result)
        .isInstanceOfSatisfying(
            ConfigLoader.Result.Loaded.class,
            loaded -> assertThat(loaded.config().warnings()).isEmpty());
  }

  @Test
  void theSchemaTakesTheDefaultConfiguration() throws IOException {
    assertThat(schema().validate(Files.readString(Path.of("conf/sluice.yaml")), InputFormat.YAML))
        .isEmpty();
  }

  @Test
  void theSchemaRefusesUnknownKeysWrongTypesAndValuesOutOfRange() {
    assertThat(errors("route: []")).isPositive();
    assertThat(errors("loops: 5000")).isPositive();
    assertThat(errors("drain: {delay: 5}")).isPositive();
    assertThat(errors("routes: [{name: a}]")).isPositive();
    assertThat(errors("routes: [{name: a, match: {}, filters: [{header: {}}]}]")).isPositive();
    assertThat(errors("upstreams: {u: {dns: \"a:1\", breaker: on}}")).isPositive();
    assertThat(errors("upstreams: {u: {dns: \"a:1\", breaker: off}}")).isZero();
    assertThat(errors("loops: \"${env:LOOPS}\"")).isZero();
  }

  private static int errors(String keys) {
    return schema()
        .validate("version: 1\nlisteners: {web: {port: 8080}}\n" + keys + "\n", InputFormat.YAML)
        .size();
  }

  private static Schema schema() {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(JsonSchema.json(), InputFormat.JSON);
  }
}
