package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.assemble.Checks;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs in jars of the users' own. */
class PluginTest {
  private static final String SERVICE = "META-INF/services/dev.sluice.gateway.jobs.api.Job";

  @TempDir private Path folder;

  /** The job that the documentation shows. */
  private static String documented() throws IOException {
    Matcher java =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("README.md")));
    assertThat(java.find()).isTrue();
    return java.group(1);
  }

  private Path plugins() throws IOException {
    return Files.createDirectories(folder.resolve("plugins"));
  }

  /** Compiles a class and packs it with what names it as a job. */
  private void jar(String name, String type, String source) throws IOException {
    Path file = folder.resolve(type + ".java");
    Files.writeString(file, source);
    Path classes = Files.createDirectories(folder.resolve("classes-" + name));
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-cp",
                System.getProperty("java.class.path"),
                "-proc:none",
                "-d",
                classes.toString(),
                file.toString());
    assertThat(failed).isZero();
    try (ZipOutputStream jar = zip(name);
        var made = Files.newDirectoryStream(classes, "*.class")) {
      for (Path one : made) {
        entry(jar, one.getFileName().toString(), Files.readAllBytes(one));
      }
      entry(jar, SERVICE, type.getBytes(StandardCharsets.UTF_8));
    }
  }

  private ZipOutputStream zip(String name) throws IOException {
    OutputStream out = Files.newOutputStream(plugins().resolve(name + ".jar"));
    return new ZipOutputStream(out);
  }

  private static void entry(ZipOutputStream jar, String name, byte[] content) throws IOException {
    jar.putNextEntry(new ZipEntry(name));
    jar.write(content);
    jar.closeEntry();
  }

  private String yaml(String job) throws IOException {
    return """
    listeners: {web: {address: 127.0.0.1, port: 0}}
    jobs: {plugins: %s}
    routes:
      - {name: own, match: {path: /own}, job: %s}
    """
        .formatted(plugins(), job);
  }

  private List<String> problems(String yaml) throws IOException {
    Path file = folder.resolve("sluice.yaml");
    Files.writeString(file, "version: 1\n" + yaml);
    return Checks.load(new ConfigLoader(name -> null), file) instanceof Result.Invalid invalid
        ? invalid.problems().stream().map(Problem::render).toList()
        : List.of();
  }

  @Test
  void theDocumentedJobRunsFromItsJarWithItsSettings() throws IOException {
    jar("words", "Words", documented());
    try (RunningGateway gateway = RunningGateway.start(yaml("{name: words, with: {least: 2}}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(http.post("/own", "{\"text\": \"to be or not to be at all\"}").json().getMap())
          .containsEntry("words", 8)
          .containsEntry("often", List.of("be", "to"));
      assertThat(http.post("/own", "{\"txt\": \"\"}").status()).isEqualTo(400);
    }
    assertThat(problems(yaml("{name: words, with: {least: 0}}")))
        .singleElement()
        .asString()
        .contains("job words: with: least: must have a minimum value of 1");
  }

  @Test
  void aBrokenJarIsAProblemOfTheConfigurationThatNamesTheClass() throws IOException {
    try (ZipOutputStream jar = zip("broken")) {
      entry(jar, SERVICE, "no.such.Job".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(problems(yaml("{name: password-hash}")))
        .singleElement()
        .asString()
        .contains("sluice.yaml:3:7: jobs: a plugin cannot be loaded")
        .contains("no.such.Job");
  }

  @Test
  void twoJobsOfOneNameAreAProblem() throws IOException {
    jar("again", "Words", documented().replace("\"words\"", "\"password-hash\""));
    assertThat(problems(yaml("{name: password-hash}")))
        .singleElement()
        .asString()
        .contains("two classes are job password-hash")
        .contains("Words");
  }

  @Test
  void aBadNameAndABadSchemaAreProblems() throws IOException {
    jar("named", "Words", documented().replace("\"words\"", "\"Words!\""));
    assertThat(problems(yaml("{name: password-hash}")))
        .singleElement()
        .asString()
        .contains("the name of job Words! is no good");
    Files.delete(plugins().resolve("named.jar"));
    jar(
        "schema",
        "Words",
        documented().replace("\"type\": \"object\"", "\"type\": ".toUpperCase(Locale.ROOT)));
    assertThat(problems(yaml("{name: words}")))
        .singleElement()
        .asString()
        .contains("job words cannot be used");
  }
}
