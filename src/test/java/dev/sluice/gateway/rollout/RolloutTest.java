package dev.sluice.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.Postgres;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Gateways that have their routing part from one real PostgreSQL. */
@Timeout(120)
class RolloutTest {
  private static final Map<String, String> GREETING = Map.of("GREETING", "hello");
  private static final int SLOW = 30;

  private static Postgres postgres;

  private final List<RunningGateway> nodes = new ArrayList<>();
  private final List<Http> clients = new ArrayList<>();
  private String database;
  @TempDir private Path folder;

  @BeforeAll
  static void startPostgres() {
    postgres = Postgres.start();
  }

  @AfterAll
  static void stopPostgres() {
    postgres.close();
  }

  @BeforeEach
  void makeDatabase() {
    database = postgres.database();
  }

  @AfterEach
  void stop() {
    clients.forEach(Http::close);
    nodes.parallelStream().forEach(RunningGateway::close);
  }

  private RunningGateway node(Map<String, String> environment) {
    return node("copy" + nodes.size(), environment);
  }

  private RunningGateway node(String copy, Map<String, String> environment) {
    RunningGateway started =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            databases: {main: {url: "%s"}}
            config: {source: database, database: main, copy: %s}
            """
                .formatted(database, folder.resolve(copy)),
            environment);
    nodes.add(started);
    return started;
  }

  private RunningGateway node() {
    return node(Map.of());
  }

  private Http to(int port) {
    Http client = Http.to(port);
    clients.add(client);
    return client;
  }

  private Http admin(RunningGateway node) {
    return to(node.adminPort());
  }

  private static String says(String text) {
    return "routes:\n  - {name: hello, match: {path: /hello}, respond: {text: \"" + text + "\"}}\n";
  }

  private String hello(RunningGateway node) {
    Answer answer = to(node.port("web")).get("/hello");
    return answer.status() == 200 ? answer.text() : "" + answer.status();
  }

  private void allSay(String text) {
    for (RunningGateway node : nodes) {
      Gauges.until("a node does not say " + text, () -> hello(node).equals(text));
    }
  }

  private static List<String> errors(Answer answer) {
    return answer.json().getJsonArray("errors").stream().map(String::valueOf).toList();
  }

  private Answer put(RunningGateway node, String text, String... headers) {
    return admin(node).ask("PUT", "/config", text, headers);
  }

  private static int version(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().getInteger("version");
  }

  @Test
  void aNewVersionIsActiveOnAllNodesWhicheverWasAsked() {
    RunningGateway first = node();
    RunningGateway second = node();
    RunningGateway third = node();
    assertThat(hello(first)).isEqualTo("404");

    assertThat(version(put(second, says("one")))).isEqualTo(1);
    assertThat(hello(second)).isEqualTo("one");
    allSay("one");
    assertThat(version(put(third, says("two")))).isEqualTo(2);
    assertThat(hello(third)).isEqualTo("two");
    allSay("two");

    for (RunningGateway node : nodes) {
      JsonObject status = new JsonObject(Gauges.ask(node, "/config/status"));
      assertThat(status.getInteger("version")).isEqualTo(2);
      assertThat(status.getJsonObject("source").getString("database")).isEqualTo("main");
    }
  }

  @Test
  void aBadVersionIsRefusedWithAllThatIsWrongAndUsesNoNumber() {
    RunningGateway node = node();
    version(put(node, says("good")));
    Answer refused =
        put(
            node,
            """
            routes:
              - {name: a, match: {path: /a}, respond: {txt: b}}
              - {name: b, match: {path: /b}, upstream: nowhere}
            """);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.reason()).isEqualTo("config_refused");
    assertThat(errors(refused)).hasSize(2);
    assertThat(errors(refused).get(0)).startsWith("config@2:2:44: unknown key 'txt'");
    assertThat(errors(refused).get(1))
        .contains("config@2:3:")
        .contains("unknown upstream 'nowhere'");
    assertThat(hello(node)).isEqualTo("good");
    assertThat(version(put(node, says("better")))).isEqualTo(2);
  }

  @Test
  void whatBelongsIntoTheNodesOwnFileIsRefused() {
    Answer refused = put(node(), "listeners: {web: {port: 1}}\n" + says("x"));
    assertThat(errors(refused)).hasSize(1);
    assertThat(errors(refused).getFirst())
        .startsWith("config@1:1:1: listeners stands in each node's own file");
  }

  @Test
  void aVersionThatOneNodeRefusesIsActiveOnNone() {
    RunningGateway able = node(GREETING);
    RunningGateway alsoAble = node(GREETING);
    RunningGateway unable = node();
    version(put(able, says("before")));
    allSay("before");

    Answer refused = put(alsoAble, says("${env:GREETING}"));

    assertThat(refused.status()).isEqualTo(400);
    assertThat(errors(refused)).hasSize(1);
    assertThat(errors(refused).getFirst())
        .startsWith("node ")
        .contains(":" + unable.adminPort() + ": config@2:2:")
        .contains("GREETING");
    allSay("before");
    assertThat(admin(able).get("/config/versions").array()).hasSize(1);
    assertThat(version(put(able, says("after")))).isEqualTo(2);
    allSay("after");
  }

  @Test
  void ifMatchKeepsTwoWritersFromOverwritingEachOther() {
    RunningGateway node = node();
    assertThat(admin(node).get("/config").whole().headers().firstValue("etag")).contains("\"0\"");
    version(put(node, says("one"), "if-match", "\"0\""));
    Answer read = admin(node).get("/config");
    assertThat(read.text()).isEqualTo(says("one"));
    assertThat(read.whole().headers().firstValue("etag")).contains("\"1\"");
    version(put(node, says("two"), "if-match", "\"1\""));

    Answer late = put(node, says("three"), "if-match", "\"1\"");
    assertThat(late.status()).isEqualTo(412);
    assertThat(late.reason()).isEqualTo("config_changed");
    assertThat(late.detail()).contains("2");
    assertThat(put(node, says("three"), "if-match", "new").status()).isEqualTo(400);
    assertThat(hello(node)).isEqualTo("two");
  }

  @Test
  void ofTwoChangesAtOnceEachIsTakenWholeOrToldToTryAgain() throws Exception {
    RunningGateway first = node();
    RunningGateway second = node();
    List<Thread> writers = new ArrayList<>();
    List<Answer> answers = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 12; i++) {
      RunningGateway node = i % 2 == 0 ? first : second;
      String text = says("change " + i);
      writers.add(Thread.startVirtualThread(() -> answers.add(put(node, text))));
    }
    for (Thread writer : writers) {
      writer.join();
    }
    long taken = answers.stream().filter(answer -> answer.status() == 200).count();
    assertThat(answers).allMatch(answer -> answer.status() == 200 || answer.status() == 409);
    assertThat(taken).isPositive();
    JsonArray versions = admin(first).get("/config/versions").array();
    assertThat(versions).hasSize((int) taken);
    assertThat(versions.getJsonObject(0).getInteger("version")).isEqualTo((int) taken);
    assertThat(versions.getJsonObject(0).getBoolean("active")).isTrue();
    String active = admin(second).get("/config").text();
    Gauges.until(
        "both nodes say the same",
        () -> says(hello(first)).equals(active) && says(hello(second)).equals(active));
  }

  @Test
  void aCheckTellsWhatIsWrongAndChangesNothing() {
    RunningGateway node = node();
    version(put(node, says("one")));
    Http admin = admin(node);
    assertThat(admin.ask("PUT", "/config?check", says("two")).json().getBoolean("good")).isTrue();
    assertThat(admin.ask("PUT", "/config?check", "routes: [{}]").status()).isEqualTo(400);
    assertThat(admin.get("/config/versions").array()).hasSize(1);
    assertThat(hello(node)).isEqualTo("one");
  }

  @Test
  void aParameterThatNobodyKnowsChangesNothing() {
    RunningGateway node = node();
    Http admin = admin(node);
    for (String query : List.of("chek", "check=false", "auhtor=ada")) {
      Answer refused = admin.ask("PUT", "/config?" + query, says("two"));
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.reason()).isEqualTo("invalid_input");
    }
    assertThat(admin.ask("PUT", "/config?chek", says("two")).detail())
        .isEqualTo("unknown parameter chek; there are author, check, comment.");
    assertThat(admin.get("/config/versions").array()).isEmpty();
  }

  @Test
  void aTextIsTakenAsItIsWhateverTypeItsClientNames() {
    RunningGateway node = node();
    String text = says("form") + "# " + "a=b&".repeat(5_000) + "\n";
    version(put(node, text, "content-type", "application/x-www-form-urlencoded"));
    assertThat(admin(node).get("/config").text()).isEqualTo(text);
  }

  @Test
  void whatIsNotUtf8IsRefused() throws IOException {
    RunningGateway node = node();
    byte[] text = says("caf\u00e9").getBytes(StandardCharsets.ISO_8859_1);
    try (RawHttp http = RawHttp.connect(node.adminPort())) {
      http.send(
          "PUT /config HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + text.length + "\r\n\r\n");
      http.socket().getOutputStream().write(text);
      RawHttp.Answer refused = http.read();
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.text()).contains("not UTF-8");
    }
  }

  @Test
  void versionsTellWhoChangedWhatWhenAndWhyAndCanBeHadAgain() {
    RunningGateway node = node();
    Http admin = admin(node);
    admin.ask("PUT", "/config?author=ada&comment=first%20words", says("one"));
    admin.ask("PUT", "/config?author=bob", says("two"));

    JsonArray versions = admin.get("/config/versions").array();
    assertThat(versions.getJsonObject(0).getString("author")).isEqualTo("bob");
    assertThat(versions.getJsonObject(1).getString("author")).isEqualTo("ada");
    assertThat(versions.getJsonObject(1).getString("comment")).isEqualTo("first words");
    assertThat(versions.getJsonObject(1).getInstant("at")).isNotNull();
    assertThat(admin.get("/config/versions?limit=1").array()).hasSize(1);
    assertThat(admin.get("/config/versions/1").text()).isEqualTo(says("one"));
    assertThat(admin.get("/config/versions/9").status()).isEqualTo(404);
    assertThat(admin.get("/config/diff?from=1&to=2").text())
        .isEqualTo(
            """
            --- config@1
            +++ config@2
            @@ -1,2 +1,2 @@
             routes:
            -  - {name: hello, match: {path: /hello}, respond: {text: "one"}}
            +  - {name: hello, match: {path: /hello}, respond: {text: "two"}}
            """);
    assertThat(admin.get("/config/diff").text())
        .isEqualTo(admin.get("/config/diff?from=1&to=2").text());

    assertThat(version(admin.post("/config/rollback/1", "", "if-match", "\"2\""))).isEqualTo(3);
    assertThat(hello(node)).isEqualTo("one");
    assertThat(admin.get("/config/versions").array().getJsonObject(0).getString("comment"))
        .isEqualTo("rollback to 1");
    assertThat(admin.post("/config/rollback/77", "").status()).isEqualTo(404);
  }

  @Test
  void theRoutingPartMayBeJsonAndIsGivenAsJsonToWhoAsksForIt() {
    RunningGateway node = node();
    version(
        put(
            node,
            """
            {"routes": [{"name": "hello", "match": {"path": "/hello"}, "respond": {"text": "json"}}]}\
            """));
    assertThat(hello(node)).isEqualTo("json");
    version(
        put(node, says("yaml") + "policies: {a: [{headers: {response: {set: {x: \"1\"}}}}]}\n"));
    JsonObject json = admin(node).get("/config", "accept", "application/json").json();
    assertThat(json.getJsonArray("routes").getJsonObject(0).getString("name")).isEqualTo("hello");
  }

  @Test
  void aNodeThatStartsLaterServesTheActiveVersion() {
    version(put(node(), says("early")));
    assertThat(hello(node())).isEqualTo("early");
  }

  @Test
  void aNodeThatDiedIsWaitedForNoLongerThanItCountsAsLiving() {
    RunningGateway node = node();
    postgres.execute(
        postgres.newest(),
        "insert into sluice_config_nodes values ('dead', 'dead:9901', now(), 0)");
    assertThat(version(put(node, says("on")))).isEqualTo(1);
    assertThat(hello(node)).isEqualTo("on");
  }

  @Test
  void aNodeThatLivesAndSaysNothingKeepsAVersionFromBecomingActive() {
    RunningGateway node = node();
    postgres.execute(
        postgres.newest(),
        "insert into sluice_config_nodes values ('mute', 'mute:9901', now() + interval '1 hour', 0)");
    Answer answer = put(node, says("never"));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.reason()).isEqualTo("config_node_silent");
    assertThat(answer.detail()).contains("mute:9901").doesNotContain(":" + node.adminPort());
    assertThat(hello(node)).isEqualTo("404");
    assertThat(postgres.ask(postgres.newest(), "select count(*) from sluice_config"))
        .isEqualTo("0");
  }

  @Test
  void withoutItsDatabaseANodeStartsFromItsCopySaysSoAndCatchesUp() {
    Postgres own = Postgres.start();
    try (CapturedLog log = CapturedLog.open()) {
      database = own.database();
      RunningGateway first = node("shared", Map.of());
      version(put(first, says("one")));
      Path copy = folder.resolve("shared").resolve("routing.json");
      Gauges.until("the copy is kept", () -> read(copy).contains("one"));
      first.close();
      own.stop();

      RunningGateway again = node("shared", Map.of());
      assertThat(hello(again)).isEqualTo("one");
      assertThat(log.lines("event=config_from_copy version=1")).hasSize(1);
      JsonObject source =
          new JsonObject(Gauges.ask(again, "/config/status")).getJsonObject("source");
      assertThat(source.getString("trouble")).isNotEmpty();
      Answer refused = put(again, says("two"));
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.reason()).isEqualTo("database_unavailable");
      assertThat(hello(again)).isEqualTo("one");
      assertThat(admin(again).get("/config").text()).isEqualTo(says("one"));

      own.again();
      own.execute(
          own.newest(),
          "insert into sluice_config values (2, 'x', '" + says("two") + "', '', '', now(), now())");
      Gauges.until("the node catches up", SLOW, () -> hello(again).equals("two"));
      assertThat(new JsonObject(Gauges.ask(again, "/config/status")).getInteger("version"))
          .isEqualTo(2);
    } finally {
      own.close();
    }
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aNodesOwnFileChangesAsBeforeAndKeepsTheSharedRoutes() {
    RunningGateway node = node();
    version(put(node, says("one")));
    String own = read(node.file());
    assertThat(node.reload(own + "extraMethods: [PURGE]\n")).isTrue();
    assertThat(hello(node)).isEqualTo("one");
    version(put(node, says("two")));
    assertThat(hello(node)).isEqualTo("two");
  }

  @Test
  void whereTheRoutingPartStandsChangesAtARestartOnly() {
    RunningGateway node = node();
    version(put(node, says("one")));
    assertThat(node.reload("listeners: {web: {address: 127.0.0.1, port: 0}}\n" + says("file")))
        .isFalse();
    assertThat(hello(node)).isEqualTo("one");
  }

  @Test
  void aNodeOfItsOwnFilesHasNoVersions() {
    RunningGateway node =
        RunningGateway.start("listeners: {web: {address: 127.0.0.1, port: 0}}\n" + says("file"));
    nodes.add(node);
    for (Answer answer :
        List.of(
            put(node, says("x")),
            admin(node).get("/config"),
            admin(node).get("/config/versions"))) {
      assertThat(answer.status()).isEqualTo(409);
      assertThat(answer.reason()).isEqualTo("config_source_file");
    }
  }
}
