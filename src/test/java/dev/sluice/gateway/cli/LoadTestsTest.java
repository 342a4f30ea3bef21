package dev.sluice.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The load tests are a project of their own, which this build does not compile. So that nothing
 * drifts apart: what they name is there.
 */
class LoadTestsTest {
  private static final Path SOURCES = Path.of("load-tests/src/main/java/dev/sluice/load");

  /** A simulation as {@code Plan} lists it: its name and its class. */
  private static final Pattern LISTED =
      Pattern.compile("[A-Z_]+\\(\\s*\"([a-z-]+)\",\\s*\"[^\"]+\",\\s*(\\w+)\\.class");

  /** What {@code FirstLook} asks for before a simulation begins. */
  private static final Pattern NEEDED = Pattern.compile("(GET|POST) (/[^\", ]+)");

  /** A request of a simulation; those to the admin API begin with its address. */
  private static final Pattern CALLED =
      Pattern.compile("\\.(get|post|connect)\\((?:node \\+ )?\"(/[^\"?]+)");

  private static String source(String name) throws IOException {
    return Files.readString(SOURCES.resolve(name + ".java"));
  }

  private static List<MatchResult> listed() throws IOException {
    List<MatchResult> listed = LISTED.matcher(source("Plan")).results().toList();
    assertThat(listed).hasSize(7);
    return listed;
  }

  private static List<String> needed() throws IOException {
    return NEEDED.matcher(source("Calls")).results().map(MatchResult::group).toList();
  }

  private static Stream<String> called(String source) {
    return CALLED
        .matcher(source)
        .results()
        .map(call -> (call.group(1).equals("post") ? "POST " : "GET ") + call.group(2));
  }

  private static String explained(String request, String file) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    String[] parts = request.split(" ");
    Sluice.execute(writer, writer, "explain", parts[0], parts[1], "--config", file);
    return text.toString();
  }

  @Test
  void eachListedSimulationIsAClassThatAsserts() throws IOException {
    for (MatchResult simulation : listed()) {
      assertThat(source(simulation.group(2)))
          .contains("class " + simulation.group(2) + " extends Simulation", ".assertions(");
    }
  }

  @Test
  void theDocumentTellsOfEachListedSimulation() throws IOException {
    String document = Files.readString(Path.of("docs/load-tests.md"));
    for (MatchResult simulation : listed()) {
      assertThat(document).contains("| `" + simulation.group(1) + "` |");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sluice.yaml", "cluster.yaml"})
  void aConfigurationOfTheLoadTestsIsGoodAndWarnsOfNothing(String name) {
    Result result =
        Checks.load(new ConfigLoader(variable -> null), Path.of("load-tests").resolve(name));

    assertThat(result).isInstanceOf(Result.Loaded.class);
    assertThat(((Result.Loaded) result).config().warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sluice.yaml", "cluster.yaml"})
  void aConfigurationOfTheLoadTestsHasTheRoutesThatAreNeeded(String name) throws IOException {
    assertThat(needed())
        .hasSize(8)
        .allSatisfy(request ->
            assertThat(explained(request, "load-tests/" + name))
                .contains("\naction ")
                .doesNotContain("no_route"));
  }

  @Test
  void theTourHasTheRoutesOfMostSimulations() throws IOException {
    assertThat(needed().stream().filter(request -> !request.contains(" /load")))
        .hasSize(6)
        .allSatisfy(
            request -> assertThat(explained(request, "conf/sluice.yaml")).contains("\naction "));
  }

  @Test
  void whatSimulationsCallIsWhatTheySayTheyNeed() throws IOException {
    List<String> needed = needed();
    String changing = source("ChangingRoutes");
    List<String> calls = called(source("Calls")).toList();
    List<String> others =
        Stream.concat(called(source("Reload")), called(source("ClusterLimits"))).toList();

    assertThat(calls).hasSize(6);
    assertThat(needed).containsAll(calls);
    assertThat(others)
        .hasSize(3)
        .allSatisfy(call ->
            assertThat(needed.contains(call) || changing.contains(call.substring(4) + "\""))
                .as(call)
                .isTrue());
  }
}
