package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Assertions;

class LoaderPropertyTest {
  private static final String[] PIECES = {
    "[",
    "]",
    "{",
    "}",
    ":",
    "- ",
    "\n",
    "\t",
    "\"",
    "'",
    "&a ",
    "*a",
    "!!str ",
    "${env:X}",
    "${file:x}",
    "|",
    ">",
    "%",
    "#",
    "null",
    "-1",
    "99999999999999999999",
    "1e9",
    "off",
    "0x1",
    "\u0000",
    "\ud83d\ude80",
    "<<: ",
    "? ",
    "---\n",
    "5xx",
    "unix:",
    "::1",
    "/*/",
    "{id}"
  };

  @Property(tries = 400)
  void mutatedFilesAreLoadedOrInvalidAndNeverThrow(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder(Files.readString(Path.of("conf/sluice.yaml")));
    int changes = 1 + random.nextInt(6);
    for (int i = 0; i < changes; i++) {
      int from = random.nextInt(text.length());
      int to = Math.min(text.length(), from + random.nextInt(12));
      switch (random.nextInt(4)) {
        case 0 -> text.delete(from, to);
        case 1 -> text.insert(from, PIECES[random.nextInt(PIECES.length)]);
        case 2 -> text.replace(from, to, PIECES[random.nextInt(PIECES.length)]);
        default -> text.insert(from, text.substring(from, to));
      }
    }
    check(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Property(tries = 200)
  void garbageIsInvalidAndNeverThrows(@ForAll byte[] bytes) throws IOException {
    check(bytes);
  }

  private static void check(byte[] content) throws IOException {
    Path file = Files.createTempFile("sluice", ".yaml");
    try {
      Files.write(file, content);
      ConfigLoader.Result result =
          Assertions.assertTimeoutPreemptively(
              Duration.ofSeconds(10), () -> new ConfigLoader(name -> null).load(file));
      switch (result) {
        case ConfigLoader.Result.Loaded loaded ->
            assertThat(loaded.files()).contains(FileMark.of(file));
        case ConfigLoader.Result.Invalid invalid ->
            assertThat(invalid.problems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem.render()).contains(problem.message()));
      }
    } finally {
      Files.delete(file);
    }
  }
}
