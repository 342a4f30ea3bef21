package dev.sluice.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that need no running gateway: what they print and the code they end with. */
class CommandsTest {
  @TempDir private Path folder;

  private record Ran(int code, String out, String err) {}

  @Test
  void checkTellsAllProblemsAtOnce() throws IOException {
    Path file =
        config(
            """
            version: 1
            listeners: {public: {port: 0}}
            routes:
              - {name: one, match: {path: "/a/{x}"}, respond: {text: "{path.y}"}}
              - {name: two, match: {path: "/a/{z}"}, respond: {text: "two"}}
            """);

    Ran ran = run("check", "--config", file.toString());

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .contains(
            file + ":4:", "route \"one\": ", file + ":5:", "route \"two\"", "route \"one\"", "^")
        .endsWith("2 problems\n");
  }

  @Test
  void checkOfAMissingFileIsOneLine() {
    Ran ran = run("check", "--config", folder.resolve("none.yaml").toString());

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err()).contains("none.yaml:1:1: the file is not there").doesNotContain("^");
  }

  @Test
  void checkAsksTheDatabasesWhenToldTo() throws IOException {
    Path file =
        config(
            """
            version: 1
            listeners: {public: {port: 0}}
            databases:
              main: {url: "embedded:postgres"}
              gone: {url: "postgresql://a:secretword@127.0.0.1:1/c", pool: {connect: 100ms}}
            routes:
              - {name: good, match: {path: /a}, sql: {database: main, query: "select 1"}}
              - {name: table, match: {path: /b}, sql: {database: main, query: "select x from nowhere"}}
              - name: part
                match: {path: /c}
                compose: {parts: {one: {sql: {database: main, query: "selec 1"}}}}
              - {name: fill, match: {path: /d}, sql: {database: main, ingest: {table: missing, columns: [a]}}}
            """);
    assertThat(run("check", "--config", file.toString()).code()).isZero();

    Ran ran = run("check", "--live", "--config", file.toString());

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err())
        .contains(
            file
                + ":8:43: route \"table\": database main does not take it: relation \"nowhere\""
                + " does not exist at character 15",
            file + ":11:34: route \"part/one\": database main does not take it",
            file + ":12:42: route \"fill\": database main does not take it",
            "^")
        .doesNotContain("\"good\"", "secretword")
        .endsWith("3 problems\n");
    assertThat(folder.resolve("data")).doesNotExist();
  }

  @Test
  void runOfABadFileTellsItsProblems() throws IOException {
    Ran ran = run("run", "--config", config("version: 1\nlisteners: {}\nrotes: []\n").toString());

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err()).contains("did you mean").contains("routes");
  }

  @Test
  void explainNamesRouteFiltersAndNearerRoutes() throws IOException {
    Path file =
        config(
            """
            version: 1
            listeners: {public: {port: 0}}
            policies:
              small: [{requestSize: 1MiB}]
            routes:
              - {name: item, match: {path: "/items/{id}", methods: [GET]}, use: [small], respond: {text: "x"}}
              - {name: made, match: {path: "/items/{id}", methods: [POST]}, respond: {text: "x"}}
            """);

    Ran ran = run("explain", "GET", "/items/7", "--config", file.toString());

    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("route      item")
        .contains("{id} is 7")
        .contains("1. requestSize, from policy small (route)")
        .containsPattern("made +method GET is not among POST");
  }

  @Test
  void explainOfNoRouteSaysSo() throws IOException {
    Path file =
        config(
            "version: 1\nlisteners: {public: {port: 0}}\nroutes:\n  - {name: a, match: {path: /a}, respond: {text: x}}\n");

    assertThat(run("explain", "GET", "/b", "--config", file.toString()).out())
        .contains("none: 404 no_route");
  }

  @Test
  void explainOfWhatIsNoRequestIsOneLine() throws IOException {
    Path file =
        config(
            """
            version: 1
            listeners: {public: {port: 0}}
            routes: [{name: a, match: {path: /a}, respond: {text: "x"}}]
            """);
    Ran header = run("explain", "GET", "/a", "-H", "bad name: v", "--config", file.toString());
    assertThat(header.code()).isEqualTo(1);
    assertThat(header.err())
        .contains("a header is malformed (bad_request)")
        .doesNotContain("\tat ");
    Ran method = run("explain", "G T", "/a", "--config", file.toString());
    assertThat(method.code()).isEqualTo(1);
    assertThat(method.err()).contains("the method is no method");
  }

  @Test
  void explainAsksNobodyWhenNobodyAnswers() {
    Ran ran = run("explain", "GET", "/", "--admin", "http://127.0.0.1:1");

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err()).isEqualTo("sluice: nothing answers at http://127.0.0.1:1\n");
  }

  @Test
  void routesAreATable() throws IOException {
    Path file =
        config(
            "version: 1\nlisteners: {public: {port: 0}}\nroutes:\n  - {name: a, match: {path: /abc, methods: [GET]}, respond: {text: x}}\n");

    assertThat(run("routes", "--config", file.toString()).out())
        .isEqualTo(
            """
            NAME  HOSTS  PATH  METHODS  ACTION       TIMEOUT
            a     any    /abc  GET      respond 200  15s
            """);
  }

  @Test
  void wrongUsageEndsWithTwo() {
    assertThat(run().code()).isEqualTo(2);
    assertThat(run("explain").code()).isEqualTo(2);
    assertThat(run("chekc").code()).isEqualTo(2);
    assertThat(run("explain", "GET", "/", "-H", "nocolon").code()).isEqualTo(2);
  }

  @Test
  void loadWithoutLoadTestsIsOneLine() {
    Ran ran = run("load", "smoke", "--url", "http://localhost:8080");

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err())
        .isEqualTo("sluice: there are no load tests here; they come with the sources\n");
  }

  @Test
  void helpNamesEveryCommand() {
    Ran ran = run("--help");

    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("run", "check", "explain", "routes", "load", "schema", "version", "Exit codes");
  }

  private Path config(String yaml) throws IOException {
    return Files.writeString(folder.resolve("sluice.yaml"), yaml);
  }

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Sluice.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Ran(code, out.toString(), err.toString());
  }
}
