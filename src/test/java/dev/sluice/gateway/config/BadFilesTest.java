package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Each section of {@code config/bad.txt} is a file and exactly what is said of it. */
class BadFilesTest {
  private record Case(String title, String yaml, List<String> messages) {}

  @TempDir private Path directory;

  @TestFactory
  List<DynamicTest> everyBadFileGivesExactlyItsMessages() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Case each : cases()) {
      tests.add(
          DynamicTest.dynamicTest(
              each.title, () -> assertThat(config().checked(each.yaml)).isEqualTo(each.messages)));
    }
    return tests;
  }

  @Test
  void theTableHoldsMoreThanSixtyFilesAndEachHasAMessage() throws IOException {
    assertThat(cases())
        .hasSizeGreaterThan(60)
        .allSatisfy(each -> assertThat(each.messages).isNotEmpty());
  }

  private Config config() {
    Config config = new Config(directory);
    for (String name : List.of("good.crt", "good.key", "other.key", "encrypted.key")) {
      config.file(name, resource("config/" + name));
    }
    return config
        .file("junk.pem", "junk\n")
        .file("part.yaml", "upstreams: {part: {embedded: echo}}\n")
        .file("admin.yaml", "admin: {port: 0}\n")
        .file("broken.yaml", "routes:\n  - {name: a, math: {}}\n")
        .variable("SECRET", "hunter2");
  }

  private static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    String[] sections =
        new String(resource("config/bad.txt"), StandardCharsets.UTF_8).split("(?m)^=== ");
    for (int i = 1; i < sections.length; i++) {
      int title = sections[i].indexOf('\n');
      int end = sections[i].lastIndexOf("\n---\n");
      String yaml = end < title ? "" : sections[i].substring(title + 1, end + 1);
      String rest = sections[i].substring((end < title ? title : end) + "\n---\n".length());
      cases.add(
          new Case(
              sections[i].substring(0, title),
              yaml,
              rest.lines().filter(l -> !l.isEmpty()).toList()));
    }
    return cases;
  }

  private static byte[] resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(BadFilesTest.class.getClassLoader().getResourceAsStream(name))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
