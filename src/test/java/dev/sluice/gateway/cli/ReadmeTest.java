package dev.sluice.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every example of the README against a real process; {@code …} there stands for anything
 * within a line.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReadmeTest {
  private static final long SECONDS = 60;
  private static final Pattern BLOCK = Pattern.compile("```console\n(.*?)```", Pattern.DOTALL);
  private static final Pattern STARTED =
      Pattern.compile(
          "listener public http://0\\.0\\.0\\.0:(\\d+).*admin http://127\\.0\\.0\\.1:(\\d+)\n.*ready in",
          Pattern.DOTALL);

  private Path folder;
  private Process process;
  private Path out;
  private Path err;
  private String port = "";
  private String adminPort = "";

  /** One example: a command and the lines it prints. */
  record Example(String command, List<String> expected) {
    @Override
    public String toString() {
      return command;
    }
  }

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    Path config = folder.resolve("sluice.yaml");
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    Files.writeString(
        config,
        Files.readString(Path.of("conf/sluice.yaml"))
                .replace("port: 8080", "port: " + free)
                .replace("localhost:8080\"]", "localhost:" + free + "\"]")
                .replace("port: 9901", "port: 0")
            + "\ndrain: {delay: 0ms, timeout: 5s}\n");
    for (Path migration :
        List.of(Path.of("main/V1__users.sql"), Path.of("shop/V1__products.sql"))) {
      Path copy = folder.resolve("db").resolve(migration);
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of("conf/db").resolve(migration), copy);
    }
    out = folder.resolve("out");
    err = folder.resolve("err");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.sluice.gateway.Main",
            "run",
            "--config",
            config.toString());
    process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    awaitStart();
  }

  /**
   * Follows the process's output; a poll waits for the process's own end, so that a failed start is
   * seen at once.
   */
  private void awaitStart() throws Exception {
    for (long tries = SECONDS * 10; tries > 0; tries--) {
      Matcher started = STARTED.matcher(Files.readString(out));
      if (started.find()) {
        port = started.group(1);
        adminPort = started.group(2);
        awaitDatabases();
        return;
      }
      if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    throw new AssertionError("not started: " + Files.readString(err));
  }

  private void awaitDatabases() throws Exception {
    for (long tries = SECONDS * 10; tries > 0; tries--) {
      String ready = String.join("", run("curl -s localhost:9901/health/ready"));
      if (ready.contains("\"main\" : \"open\"") && ready.contains("\"shop\" : \"open\"")) {
        return;
      }
      assertThat(process.waitFor(100, TimeUnit.MILLISECONDS)).isFalse();
    }
    throw new AssertionError("the databases do not serve: " + Files.readString(err));
  }

  @AfterAll
  void stop() throws Exception {
    process.destroy(); // SIGTERM
    boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertThat(ended).as("ends by itself on SIGTERM").isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(Files.readAllLines(err))
        .noneMatch(line ->
            line.startsWith("WARNING:")
                || line.startsWith("\tat ")
                || line.contains("level=ERROR"));
  }

  static List<Example> examples() throws IOException {
    List<Example> examples = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(Files.readString(Path.of("README.md")));
    while (blocks.find()) {
      for (String each : blocks.group(1).split("(?m)^\\$ ")) {
        if (!each.isBlank()) {
          List<String> lines = each.stripTrailing().lines().toList();
          examples.add(new Example(lines.getFirst(), lines.subList(1, lines.size())));
        }
      }
    }
    return examples;
  }

  @Test
  void theTourHasExamples() throws IOException {
    assertThat(examples()).hasSizeGreaterThan(8);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void anExamplePrintsWhatTheReadmeSays(Example example) throws Exception {
    List<String> printed = run(example.command());

    // What is said of the nearer routes is left out of the README.
    List<String> shown = example.command().startsWith("./sluice explain") ? upTo(printed) : printed;
    assertThat(shown).as(String.join("\n", printed)).hasSameSizeAs(example.expected());
    for (int i = 0; i < shown.size(); i++) {
      assertThat(shown.get(i)).matches(pattern(example.expected().get(i)));
    }
  }

  private static List<String> upTo(List<String> lines) {
    int others = lines.indexOf("The nearest other routes do not take it:");
    return others < 0 ? lines : lines.subList(0, others - 1);
  }

  private static Pattern pattern(String expected) {
    return Pattern.compile(
        Arrays.stream(expected.split("…", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*")));
  }

  private List<String> run(String command) throws Exception {
    if (command.startsWith("./sluice ")) {
      StringWriter text = new StringWriter();
      PrintWriter writer = new PrintWriter(text);
      assertThat(Sluice.execute(writer, writer, command.substring("./sluice ".length()).split(" ")))
          .isZero();
      return text.toString().stripTrailing().lines().toList();
    }
    Path answer = Files.createTempFile(folder, "curl", ".out");
    String real =
        command
            .replace("localhost:8080", "localhost:" + port)
            .replace("localhost:9901", "localhost:" + adminPort);
    Process shell =
        new ProcessBuilder("sh", "-c", real)
            .redirectOutput(answer.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(shell.waitFor(SECONDS, TimeUnit.SECONDS)).as(real).isTrue();
    return Files.readString(answer)
        .replace("\r", "")
        .replace("localhost:" + port, "localhost:8080")
        .stripTrailing()
        .lines()
        .toList();
  }
}
