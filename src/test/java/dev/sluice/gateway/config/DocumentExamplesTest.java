package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.Checks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every YAML example of the documents is good; parts are put where they belong. */
class DocumentExamplesTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("(?m)^```yaml\\n(.*?)^```", Pattern.DOTALL);
  private static final String LISTENERS = "listeners: {public: {port: 8080}}\n";
  private static final String UPSTREAMS = "upstreams: {users: {endpoints: [\"10.0.0.1:80\"]}}\n";

  @TempDir private Path folder;

  @TestFactory
  List<DynamicTest> examples() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> documents = Files.walk(Path.of("docs"))) {
      List<Path> all = new ArrayList<>(documents.toList());
      all.add(Path.of("README.md"));
      for (Path document : all) {
        if (document.toString().endsWith(".md")) {
          examples(document, tests);
        }
      }
    }
    assertThat(tests).hasSizeGreaterThanOrEqualTo(4);
    return tests;
  }

  private void examples(Path document, List<DynamicTest> tests) throws IOException {
    Matcher example = EXAMPLE.matcher(Files.readString(document));
    while (example.find()) {
      String yaml = complete(example.group(1));
      int number = tests.size();
      tests.add(
          DynamicTest.dynamicTest(
              document + " at " + example.start(),
              () -> {
                Path file = folder.resolve(number + ".yaml");
                Files.writeString(file, yaml);
                ConfigLoader.Result result = Checks.load(new ConfigLoader(name -> null), file);
                assertThat(result)
                    .as(() -> yaml + "\n" + problems(result))
                    .isInstanceOf(ConfigLoader.Result.Loaded.class);
              }));
    }
  }

  private static List<String> problems(ConfigLoader.Result result) {
    return result instanceof ConfigLoader.Result.Invalid invalid
        ? invalid.problems().stream().map(Problem::render).toList()
        : List.of();
  }

  /** A part gets what it needs around it. */
  private static String complete(String example) {
    String text = example;
    if (text.startsWith("filters:")) {
      text =
          "routes:\n  - name: example\n    match: {path: \"/users/{id}\"}\n    upstream: users\n"
              + text.indent(4);
    }
    StringBuilder all = new StringBuilder();
    all.append(text.contains("version:") ? "" : "version: 1\n");
    all.append(text.contains("listeners:") ? "" : LISTENERS);
    // With source: database upstreams stand elsewhere, and here they would be an error.
    boolean routed = text.contains("upstreams:") || text.contains("source: database");
    all.append(routed ? "" : UPSTREAMS);
    return all.append(text).toString();
  }
}
