package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the compiled classes do not tell: lengths, names and the package descriptions. */
class SourceFilesTest {
  private static final Path MAIN = Path.of("src/main/java");
  private static final Path TEST = Path.of("src/test/java");
  private static final int MAX_LINES = 500;

  /** A room and a class of it, the way documents write it. */
  private static final Pattern NAMED =
      Pattern.compile("`((?!io|java|org)[a-z]+\\.[A-Z][A-Za-z0-9]*)");

  private static final Pattern NAMED_TEST = Pattern.compile("`([A-Z][A-Za-z0-9]*Test)[`.]");
  private static final Pattern VAGUE =
      Pattern.compile("(Abstract.*|.*(Utils?|Helpers?|Manager|Impl|Constants))");

  @Test
  void noFileIsLongerThanFiveHundredLines() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path file : sources(MAIN, TEST)) {
      int lines = Files.readAllLines(file).size();
      if (lines > MAX_LINES) {
        tooLong.add(file + ": " + lines);
      }
    }
    assertThat(tooLong).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIsAndIsNullMarked() throws IOException {
    List<Path> packages = sources(MAIN).stream().map(Path::getParent).distinct().toList();

    assertThat(packages)
        .isNotEmpty()
        .allSatisfy(place ->
            assertThat(place.resolve("package-info.java"))
                .content()
                .startsWith("/**")
                .contains("@NullMarked"));
  }

  @Test
  void noNameIsVague() throws IOException {
    assertThat(sources(MAIN))
        .map(file -> file.getFileName().toString().replace(".java", ""))
        .allSatisfy(name -> assertThat(name).doesNotMatch(VAGUE));
  }

  @Test
  void documentsNameClassesThatExist() throws IOException {
    Set<String> known =
        sources(MAIN, TEST).stream()
            .map(file -> file.getName(file.getNameCount() - 2) + "." + file.getFileName())
            .map(file -> file.replace(".java", ""))
            .collect(Collectors.toSet());
    Set<String> tests =
        known.stream()
            .map(name -> name.substring(name.indexOf('.') + 1))
            .collect(Collectors.toSet());
    List<Path> documents = files(".md", Path.of("docs"));
    documents.addAll(List.of(Path.of("README.md"), Path.of("CONTRIBUTING.md")));
    List<String> unknown = new ArrayList<>();
    for (Path document : documents) {
      String text = Files.readString(document);
      NAMED
          .matcher(text)
          .results()
          .map(each -> each.group(1))
          .filter(name -> !known.contains(name))
          .forEach(unknown::add);
      NAMED_TEST
          .matcher(text)
          .results()
          .map(each -> each.group(1))
          .filter(name -> !tests.contains(name))
          .forEach(unknown::add);
    }
    assertThat(known).contains("wire.Http2Guard");
    assertThat(unknown).isEmpty();
  }

  @Test
  void decisionsAreToldInFortyLines() throws IOException {
    for (Path decision : files(".md", Path.of("docs/adr"))) {
      assertThat(Files.readAllLines(decision)).as(decision.toString()).hasSizeLessThanOrEqualTo(40);
    }
  }

  private static List<Path> sources(Path... roots) throws IOException {
    return files(".java", roots);
  }

  private static List<Path> files(String end, Path... roots) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        files.filter(file -> file.toString().endsWith(end)).sorted().forEach(found::add);
      }
    }
    return found;
  }
}
