package dev.sluice.gateway.ship;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.config.ConfigLoader;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be said of the image without building it. */
class DockerfileTest {
  private static final Pattern PINNED =
      Pattern.compile("\\S+:[^:@\\s]*\\d+\\.\\d+\\S*(@sha256:.+)?");

  /** An instruction with its words; lines that go on are one. */
  private record Instruction(String name, String rest) {
    List<String> words() {
      return Arrays.stream(rest.split("\\s+")).filter(word -> !word.startsWith("--")).toList();
    }
  }

  private static List<Instruction> instructions() throws IOException {
    List<Instruction> all = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String each : Files.readAllLines(Path.of("Dockerfile"))) {
      if (each.startsWith("#")) {
        continue;
      }
      line.append(each.endsWith("\\") ? each.substring(0, each.length() - 1) : each);
      if (!each.endsWith("\\") && !line.isEmpty()) {
        String[] parts = line.toString().strip().split("\\s+", 2);
        all.add(new Instruction(parts[0], parts[1].strip()));
        line.setLength(0);
      }
    }
    return all;
  }

  private static List<Instruction> all(String name) throws IOException {
    return instructions().stream().filter(one -> one.name().equals(name)).toList();
  }

  /** Those of the last stage, which is the image. */
  private static List<Instruction> image() throws IOException {
    List<Instruction> all = instructions();
    int last = 0;
    for (int i = 0; i < all.size(); i++) {
      last = all.get(i).name().equals("FROM") ? i : last;
    }
    return all.subList(last, all.size());
  }

  private static String only(String name) throws IOException {
    List<Instruction> found = image().stream().filter(one -> one.name().equals(name)).toList();
    assertThat(found).as(name).hasSize(1);
    return found.getFirst().rest();
  }

  @Test
  void basesCanBeReplacedAndArePinned() throws IOException {
    assertThat(all("FROM").stream().map(from -> from.words().getFirst()))
        .containsExactly("${BUILD}", "${BASE}");
    assertThat(all("ARG"))
        .hasSize(2)
        .allSatisfy(
            arg -> assertThat(arg.rest().substring(arg.rest().indexOf('=') + 1)).matches(PINNED));
  }

  @Test
  void itRunsAsAUserWithoutANameAndWithoutRights() throws IOException {
    assertThat(only("USER")).matches("[1-9]\\d{3,}:[1-9]\\d{3,}");
    assertThat(image()).noneMatch(one -> one.name().equals("RUN"));
  }

  @Test
  void programsAreStartedWithoutAShell() throws IOException {
    JsonArray program = new JsonArray(only("ENTRYPOINT"));
    JsonArray arguments = new JsonArray(only("CMD"));
    String health = only("HEALTHCHECK");

    assertThat(program.getString(0)).isEqualTo("/opt/sluice/sluice");
    assertThat(arguments.getString(0)).isEqualTo("run");
    assertThat(new JsonArray(health.substring(health.indexOf('['))).getList()).endsWith("health");
    assertThat(health).contains("--interval=", "--timeout=", "--start-period=", "--retries=");
  }

  @Test
  void whatIsCopiedIsThereAndIsSentToTheBuild() throws IOException {
    List<String> sent = Files.readAllLines(Path.of(".dockerignore"));
    assertThat(sent).contains("*");
    for (Instruction copy : all("COPY")) {
      if (!copy.rest().startsWith("--from=")) {
        for (String source : copy.words().subList(0, copy.words().size() - 1)) {
          assertThat(Path.of(source)).exists();
          assertThat(sent)
              .anyMatch(kept ->
                  kept.startsWith("!") && (source + "/").startsWith(kept.substring(1) + "/"));
        }
      }
    }
  }

  @Test
  void nothingIsLeftOfPackageLists() throws IOException {
    assertThat(all("RUN"))
        .isNotEmpty()
        .allSatisfy(run -> {
          if (run.rest().contains("apt-get")) {
            assertThat(run.rest()).contains("rm -rf /var/lib/apt/lists/*");
          }
          assertThat(run.rest()).doesNotContain("sudo").doesNotContain("curl");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"docker/sluice.yaml", "docker/training.yaml"})
  void itsConfigurationsAreGood(String file) {
    assertThat(Checks.load(new ConfigLoader(name -> null), Path.of(file)))
        .isInstanceOf(ConfigLoader.Result.Loaded.class);
  }

  /** There is one place for flags, the launcher. */
  @Test
  void theJvmIsGivenTheLaunchersFlags() throws Exception {
    Process process = new ProcessBuilder("docker/arguments", "/opt/sluice").start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    Matcher flags =
        Pattern.compile("^JVM_FLAGS=\"([^\"]*)\"", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("sluice")));
    assertThat(flags.find()).isTrue();
    // What it gives beside them is repeated in docker/arguments.
    assertThat(Files.readString(Path.of("sluice")))
        .contains("\nflags=$JVM_FLAGS\n")
        .contains("$flags \"-Dsluice.home=$home\" ${SLUICE_OPTS:-} -jar \"$jar\" \"$@\"\n");
    List<String> expected = new ArrayList<>(List.of(flags.group(1).split("\\s+")));
    expected.addAll(
        List.of("-Dsluice.home=/opt/sluice", "-XX:AOTCache=/opt/sluice/sluice.aot", "-jar"));

    assertThat(said.lines()).containsExactlyElementsOf(expected);
    assertThat(Files.readString(Path.of("Dockerfile"))).contains("docker/assemble /opt/sluice");
  }
}
