package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the compiled classes do not tell: lengths, names and the package descriptions. */
class SourceFilesTest {
  private static final Path MAIN = Path.of("src/main/java");
  private static final Path TEST = Path.of("src/test/java");
  private static final int MAX_LINES = 500;
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

  private static List<Path> sources(Path... roots) throws IOException {
    List<Path> sources = new ArrayList<>();
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(sources::add);
      }
    }
    return sources;
  }
}
