package dev.sluice.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Postgres;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice config} against a running gateway and a real PostgreSQL. */
@Timeout(120)
class ConfigCommandTest {
  private static final String ONE =
      "routes:\n  - {name: a, match: {path: /a}, respond: {text: one}}\n";

  @TempDir private Path folder;
  private Postgres postgres;
  private RunningGateway gateway;

  @BeforeEach
  void start() {
    postgres = Postgres.start();
    gateway =
        RunningGateway.start(
            """
            admin: {port: 0, token: a-long-token-of-the-admin}
            listeners: {web: {address: 127.0.0.1, port: 0}}
            databases: {main: {url: "%s"}}
            config: {source: database, database: main, copy: %s}
            """
                .formatted(postgres.database(), folder));
  }

  @AfterEach
  void stop() {
    gateway.close();
    postgres.close();
  }

  private record Ran(int code, String out, String err) {}

  private static Ran ran(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Sluice.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Ran(code, out.toString(), err.toString());
  }

  private Ran config(String... arguments) {
    List<String> all = new ArrayList<>(List.of("config"));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of(
            "--admin",
            "http://127.0.0.1:" + gateway.adminPort(),
            "--token",
            "a-long-token-of-the-admin"));
    return ran(all.toArray(String[]::new));
  }

  private String file(String text) throws IOException {
    Path file = folder.resolve("routing.yaml");
    Files.writeString(file, text);
    return file.toString();
  }

  @Test
  void aFileIsPutReadBackComparedListedAndRolledBack() throws IOException {
    assertThat(config("get").out()).isEqualTo("routes: []\n");
    assertThat(config("put", file(ONE), "--author", "ada", "-m", "a start").out())
        .isEqualTo("version 1 is active\n");
    assertThat(config("get").out()).isEqualTo(ONE);
    assertThat(config("put", file(ONE.replace("one", "two")), "--follows", "1").out())
        .isEqualTo("version 2 is active\n");
    Ran late = config("put", file(ONE), "--follows", "1");
    assertThat(late.code()).isEqualTo(1);
    assertThat(late.err()).endsWith("answers 412: Version 2 is active by now.\n");

    assertThat(config("diff").out()).contains("-  - {name: a", "+  - {name: a", "text: two");
    assertThat(config("diff", "2", "1").out()).startsWith("--- config@2\n+++ config@1\n");
    assertThat(config("get", "--version", "1").out()).isEqualTo(ONE);
    assertThat(config("rollback", "1", "-m", "two was bad").out())
        .isEqualTo("version 3 is active\n");
    String versions = config("versions").out();
    assertThat(versions.lines()).hasSize(4);
    assertThat(versions.lines().skip(1).findFirst().orElseThrow())
        .startsWith("3 active")
        .endsWith("two was bad");
    assertThat(versions).contains("ada", "a start");
  }

  @Test
  void whatIsWrongIsToldByTheNameOfTheFile() throws IOException {
    String file = file(ONE.replace("respond", "respnd"));
    for (Ran ran : List.of(config("put", file), config("put", file, "--check"))) {
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err()).contains(file + ":2:", "'respnd'", "^").doesNotContain("config@");
    }
    assertThat(config("put", file(ONE), "--check").out()).isEqualTo(file + " is good\n");
    assertThat(config("versions").out().lines()).hasSize(1);
  }

  @Test
  void aCheckOfTheNodesFileTakesTheRoutingPartBesideIt() throws IOException {
    String own = gateway.file().toString();
    Ran alone = ran("check", "--config", own);
    assertThat(alone.out()).endsWith("is good: 1 listener; its routes stand in database main\n");
    Ran both = ran("check", "--config", own, "--routing", file(ONE));
    assertThat(both.out()).endsWith("is good: 1 listener, 1 route, 0 upstreams\n");
    String bad = file(ONE.replace("respond", "respnd"));
    assertThat(ran("check", "--config", own, "--routing", bad).err()).contains(bad + ":2:");
  }

  @Test
  void errorsAreOneLine() throws IOException {
    for (Ran ran :
        List.of(
            ran("config", "get", "--admin", "http://127.0.0.1:" + gateway.adminPort()),
            ran("config", "get", "--admin", "http://127.0.0.1:1"),
            config("get", "--version", "9"),
            config("put", folder.resolve("none.yaml").toString()),
            config("put", file("")))) {
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.err().lines()).hasSize(1);
      assertThat(ran.err()).startsWith("sluice: ");
    }
    assertThat(ran("config").code()).isEqualTo(2);
    assertThat(config("put").code()).isEqualTo(2);
  }
}
