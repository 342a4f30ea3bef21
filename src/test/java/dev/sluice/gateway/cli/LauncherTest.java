package dev.sluice.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the launcher in a copy of the project's layout, with JDKs and a Maven that only say that
 * they were called.
 */
class LauncherTest {
  private static final long SECONDS = 30;
  private static final String TOOLS =
      "sh dirname readlink sed find head mkdir rm mv cat touch sleep flock rmdir";

  @TempDir private Path folder;
  private Path home;
  private Path path;
  private Path jdks;

  /** What a run of the launcher came to. */
  private record Run(int code, String out, String err) {}

  @BeforeEach
  void layOut() throws IOException {
    home = Files.createDirectories(folder.resolve("project"));
    path = Files.createDirectories(folder.resolve("bin"));
    jdks = Files.createDirectories(folder.resolve("jdks"));
    Files.copy(Path.of("sluice"), home.resolve("sluice"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createDirectories(home.resolve("src/main"));
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    for (String tool : TOOLS.split(" ")) {
      for (String place : List.of("/usr/bin/", "/bin/")) {
        Path real = Path.of(place + tool);
        if (Files.exists(real) && !Files.exists(path.resolve(tool))) {
          Files.createSymbolicLink(path.resolve(tool), real);
        }
      }
    }
    script(
        path.resolve("mvn"),
        "echo built >>\"$HERE/builds\"; mkdir -p target/lib; echo \"$JAVA_HOME\" >target/sluice.jar");
  }

  @Test
  void buildsOnFirstUseThenBecomesTheJvm() throws Exception {
    jdk("jdk-25", "25.0.1");

    Run first = run(Map.of(), "run", "--config", "my file.yaml");
    Run second = run(Map.of(), "version");

    assertThat(first.code()).isZero();
    assertThat(first.err()).startsWith("sluice: building").hasLineCount(1);
    assertThat(first.out())
        .contains("[-jar][" + home.resolve("target/sluice.jar") + "][run][--config][my file.yaml]")
        .contains("[-Dsluice.home=" + home + "]")
        .contains("[--enable-native-access=ALL-UNNAMED]")
        .doesNotContain("-Xmx");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
    assertThat(home.resolve("target/sluice.jar")).content().contains("jdk-25");
  }

  @Test
  void buildsAgainWhenASourceIsNewer() throws Exception {
    jdk("jdk-25", "25.0.1");
    assertThat(run(Map.of()).code()).isZero();
    Path source = Files.writeString(home.resolve("src/main/New.java"), "class New {}");
    Files.setLastModifiedTime(
        source,
        java.nio.file.attribute.FileTime.from(
            Files.getLastModifiedTime(home.resolve("target/sluice.jar"))
                .toInstant()
                .plusSeconds(5)));

    run(Map.of());

    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void takesTheHighestJdkWhenJavaHomeIsTooOld() throws Exception {
    Path old = jdk("jdk-17", "17.0.9");
    jdk("jdk-25", "25.0.1");
    jdk("jdk-26", "26");

    assertThat(run(Map.of("JAVA_HOME", old.toString())).out()).contains("jdk-26/bin/java");
  }

  @Test
  void takesJavaHomeWhenItFits() throws Exception {
    Path fitting = jdk("jdk-25", "25.0.1");
    jdk("jdk-26", "26");

    assertThat(run(Map.of("JAVA_HOME", fitting.toString())).out()).contains("jdk-25/bin/java");
  }

  @Test
  void takesTheJavaOnThePathWhenItFits() throws Exception {
    Path fitting = jdk("jdk-25", "25.0.1");
    jdk("jdk-26", "26");
    Files.createSymbolicLink(path.resolve("java"), fitting.resolve("bin/java"));

    assertThat(run(Map.of()).out()).contains("jdk-25/bin/java");
  }

  @Test
  void namesThePackageWhenThereIsNoFittingJdk() throws Exception {
    jdk("jdk-17", "17.0.9");

    Run run = run(Map.of());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo("sluice: needs a JDK 25 or newer: install temurin-25-jdk or openjdk-25-jdk\n");
  }

  @Test
  void namesMavenWhenItIsMissing() throws Exception {
    jdk("jdk-25", "25.0.1");
    Files.delete(path.resolve("mvn"));

    Run run = run(Map.of());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("sluice: needs Maven for its first build: install maven\n");
  }

  @Test
  void showsTheLogOfABuildThatFailed() throws Exception {
    jdk("jdk-25", "25.0.1");
    script(path.resolve("mvn"), "echo '[ERROR] no such symbol'; exit 1");

    Run run = run(Map.of());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("[ERROR] no such symbol").endsWith("sluice: the build failed\n");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void buildsOnceWhenThreeStartAtOnce() throws Exception {
    jdk("jdk-25", "25.0.1");
    startThree();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void buildsOnceWhenThreeStartAtOnceWithoutFlock() throws Exception {
    jdk("jdk-25", "25.0.1");
    Files.deleteIfExists(path.resolve("flock"));
    startThree();
    assertThat(builds()).isEqualTo(1);
    assertThat(home.resolve("target/.build.lock.d")).doesNotExist();
  }

  @Test
  void takesAwayTheLockOfAStartThatDied() throws Exception {
    jdk("jdk-25", "25.0.1");
    Files.deleteIfExists(path.resolve("flock"));
    Process gone = new ProcessBuilder("true").start();
    assertThat(gone.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    Path lock = Files.createDirectories(home.resolve("target/.build.lock.d"));
    Files.writeString(lock.resolve("pid"), gone.pid() + "\n");

    assertThat(run(Map.of()).code()).isZero();
    assertThat(lock).doesNotExist();
  }

  @Test
  void doesNotWaitForEverForAnotherBuild() throws Exception {
    jdk("jdk-25", "25.0.1");
    Files.deleteIfExists(path.resolve("flock"));
    Path lock = Files.createDirectories(home.resolve("target/.build.lock.d"));
    Files.writeString(lock.resolve("pid"), ProcessHandle.current().pid() + "\n");

    Run run = run(Map.of("SLUICE_BUILD_WAIT", "0"));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("another start has been building for 0 s").hasLineCount(1);
    assertThat(lock).exists();
  }

  @Test
  void findsItsHomeThroughSymbolicLinks() throws Exception {
    jdk("jdk-25", "25.0.1");
    Path link = Files.createSymbolicLink(folder.resolve("one"), Path.of("project/sluice"));
    Path second = Files.createSymbolicLink(folder.resolve("two"), link);

    assertThat(finish(start(second, Map.of(), "version")).out())
        .contains("[-Dsluice.home=" + home + "]");
  }

  @Test
  void passesJvmOptionsOn() throws Exception {
    jdk("jdk-25", "25.0.1");

    Run run = run(Map.of("SLUICE_OPTS", "-Xss1m -Dx=y", "JAVA_TOOL_OPTIONS", "-Dz=1"));

    assertThat(run.out()).contains("[-Xss1m][-Dx=y][-jar]").contains("tool options -Dz=1");
  }

  @Test
  void startsTheLoadTestsWithAHeapOfTheirOwn() throws Exception {
    jdk("jdk-25", "25.0.1");
    Files.createDirectories(home.resolve("load-tests/src/main"));
    Files.writeString(home.resolve("load-tests/pom.xml"), "<project/>");
    script(
        path.resolve("mvn"),
        "echo built >>\"$HERE/builds\"; mkdir -p target/lib; echo x >target/load-tests.jar");

    Run first = run(Map.of(), "load", "smoke", "--url", "http://localhost:1");
    Run second = run(Map.of(), "load");

    assertThat(first.code()).isZero();
    assertThat(first.out())
        .contains(
            "[-jar][" + home.resolve("load-tests/target/load-tests.jar") + "][smoke][--url]",
            "[-Dsluice.home=" + home + "]",
            "[-Xmx512m]")
        .doesNotContain("[load]", "MaxRAMPercentage");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
    assertThat(home.resolve("target/sluice.jar")).doesNotExist();
  }

  @Test
  void leavesLoadToTheGatewayWhereThereAreNoLoadTests() throws Exception {
    jdk("jdk-25", "25.0.1");

    assertThat(run(Map.of(), "load", "smoke").out()).contains("sluice.jar][load][smoke]");
  }

  private void startThree() throws Exception {
    List<Process> starts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      starts.add(start(home.resolve("sluice"), Map.of(), "run"));
    }
    for (Process start : starts) {
      assertThat(finish(start).code()).isZero();
    }
  }

  private Path jdk(String name, String version) throws IOException {
    Path jdk = jdks.resolve(name);
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(
        jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    script(
        jdk.resolve("bin/java"),
        "echo \"$0\"; echo \"tool options ${JAVA_TOOL_OPTIONS:-}\"; for a in \"$@\"; do printf '[%s]' \"$a\"; done");
    script(jdk.resolve("bin/javac"), "exit 0");
    return jdk;
  }

  private static void script(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private long builds() throws IOException {
    Path marks = folder.resolve("builds");
    return Files.exists(marks) ? Files.readAllLines(marks).size() : 0;
  }

  private Run run(Map<String, String> environment, String... arguments) throws Exception {
    return finish(start(home.resolve("sluice"), environment, arguments));
  }

  private Process start(Path launcher, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/sh", launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", path.toString());
    builder.environment().put("HERE", folder.toString());
    builder.environment().put("SLUICE_JDKS", jdks.toString());
    builder.environment().putAll(environment);
    Path out = Files.createTempFile(folder, "run", ".out");
    builder.redirectOutput(out.toFile());
    builder.redirectError(Path.of(out + ".err").toFile());
    Process process = builder.start();
    outputs.put(process, out);
    return process;
  }

  private final Map<Process, Path> outputs = new java.util.HashMap<>();

  private Run finish(Process process) throws Exception {
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the launcher did not end");
    }
    Path out = java.util.Objects.requireNonNull(outputs.get(process));
    return new Run(
        process.exitValue(), Files.readString(out), Files.readString(Path.of(out + ".err")));
  }
}
