package dev.sluice.gateway.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers from a real PostgreSQL. */
class PostgresTest {
  @TempDir private static Path folder;
  private static PostgresGateway postgres;
  private static RunningGateway gateway;
  private static Http http;

  @BeforeAll
  static void start() throws IOException {
    postgres = PostgresGateway.start(folder);
    gateway = postgres.gateway;
    http = postgres.http;
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  // ---- one statement ----

  @Test
  void aRowIsAnObjectAndItsAbsenceA404() {
    Answer answer = http.get("/users/1");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text())
        .isEqualTo(
            "{\"id\":1,\"name\":\"Ada\",\"email\":\"ada@example.org\",\"born\":\"1815-12-10\"}");
    assertThat(http.get("/users/9999").status()).isEqualTo(404);
    assertThat(http.get("/users/9999").reason()).isEqualTo("not_found");
  }

  @Test
  void rowsAreAnArrayOrLines() {
    assertThat(http.get("/users").text()).isEqualTo("[{\"name\":\"Ada\"},{\"name\":\"Bob\"}]");
    assertThat(http.get("/users?limit=1").text()).isEqualTo("[{\"name\":\"Ada\"}]");
    assertThat(http.get("/users?name=nobody").text()).isEqualTo("[]");
    Answer lines = http.get("/users", "accept", "application/x-ndjson");
    assertThat(lines.text()).isEqualTo("{\"name\":\"Ada\"}\n{\"name\":\"Bob\"}\n");
    assertThat(lines.whole().headers().firstValue("content-type")).contains("application/x-ndjson");
    assertThat(http.get("/users?name=nobody", "accept", "application/x-ndjson").text()).isEmpty();
  }

  @Test
  void aChangeHasItsStatusAndItsCount() {
    Answer added = http.post("/users", "{\"name\": \"Cy\", \"email\": \"cy@example.org\"}");
    assertThat(added.status()).isEqualTo(201);
    assertThat(added.text()).isEqualTo("{\"name\":\"Cy\"}");
    assertThat(http.ask("DELETE", "/users/9999", "").text()).isEqualTo("{\"count\":0}");
    assertThat(http.get("/ddl").text()).isEqualTo("{\"count\":0}");
  }

  @Test
  void valuesComeOutWithAllTheirDigits() {
    assertThat(http.get("/out").text())
        .isEqualTo(
            "{\"d\":12345678901234567890.123456789,\"j\":{\"a\":1.10},\"a\":[1,2],\"b\":\"AP8=\","
                + "\"n\":null,\"ever\":\"infinity\",\"nan\":\"NaN\",\"t\":\"12:30:00\",\"f\":1.5,"
                + "\"at\":\"2024-02-29T10:00:00Z\"}");
  }

  @Test
  void valuesGoInAsTheirTypes() {
    Answer answer =
        http.post(
            "/type/1",
            """
            {"i": "7", "l": 9007199254740993, "d": 1.10, "t": 5, "b": "true", "j": {"a": [1.50, null]},
             "u": "0b5c3b1e-7d0c-4e0b-9b43-0a3a5a3f1c11", "day": "2024-02-29",
             "at": "2024-02-29T12:00:00+02:00"}\
            """);
    assertThat(answer.text())
        .isEqualTo(
            "{\"i\":7,\"l\":9007199254740993,\"d\":1.10,\"t\":\"5\",\"b\":true,"
                + "\"u\":\"0b5c3b1e-7d0c-4e0b-9b43-0a3a5a3f1c11\",\"day\":\"2024-02-29\","
                + "\"at\":\"2024-02-29T10:00:00Z\",\"j\":{\"a\":[1.50,null]}}");
    assertThat(http.post("/type/1", "{}").json().getMap().values()).containsOnlyNulls();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "i   | 1.5                     | body.i is not a whole number of 32 bits",
        "i   | 3000000000              | body.i is not a whole number of 32 bits",
        "i   | \"\"                    | body.i is not a whole number of 32 bits",
        "i   | true                    | body.i is not a whole number of 32 bits",
        "i   | [1]                     | body.i is not a whole number of 32 bits",
        "l   | 9223372036854775808     | body.l is not a whole number of 64 bits",
        "d   | \"1,5\"                 | body.d is not a decimal number",
        "d   | 1e999999999             | body.d is not a decimal number",
        "d   | \"1e-100000\"           | body.d is not a decimal number",
        "b   | 1                       | body.b is not true or false",
        "u   | \"1-1-1-1-1\"           | body.u is not a UUID",
        "day | \"2023-02-29\"          | body.day is not a date such as 2024-02-29",
        "at  | \"yesterday\"           | body.at is not a time such as 2024-02-29T12:00:00Z"
      })
  void aValueThatDoesNotFitIsRefusedWithItsName(String field, String value, String detail) {
    Answer answer = http.post("/type/1", "{\"" + field + "\": " + value + "}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.reason()).isEqualTo("invalid_input");
    assertThat(answer.detail()).isEqualTo(detail);
  }

  @Test
  void aMissingValueIsRefusedAndANullIsNone() {
    assertThat(http.post("/users", "{\"email\": \"x\"}").detail())
        .isEqualTo("body.name is missing");
    assertThat(http.post("/users", "{\"name\": \"a\\u0000b\", \"email\": \"x\"}").detail())
        .isEqualTo("body.name holds U+0000, which the database does not take");
    assertThat(http.post("/users", "{\"name\": \"a\\ud800b\"}").detail())
        .isEqualTo("body.name is not a text");
    Answer none = http.post("/users", "{\"name\": null}");
    assertThat(none.status()).isEqualTo(409);
    assertThat(none.detail()).isEqualTo("column name must have a value");
  }

  @Test
  void constraintsAreConflictsWithTheirNames() {
    assertThat(http.post("/users", "{\"name\": \"x\", \"email\": \"ada@example.org\"}").detail())
        .isEqualTo("constraint users_email does not allow it");
    assertThat(http.post("/orders", "{\"user\": 9999, \"item\": \"mouse\", \"n\": 1}").detail())
        .isEqualTo("constraint orders_user does not allow it");
    Answer tooLong =
        http.post("/users", "{\"name\": \"x\", \"email\": \"" + "e".repeat(41) + "\"}");
    assertThat(tooLong.status()).isEqualTo(400);
    assertThat(tooLong.detail())
        .isEqualTo("a value does not fit its place in the database: one of body.name, body.email");
  }

  @Test
  void aWrongStatementIsTheServersFaultAndTellsNothingOfIt() {
    Answer answer = http.get("/syntax");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.reason()).isEqualTo("database_error");
    assertThat(answer.text()).doesNotContain("secret_word").contains("42601");
    assertThat(http.get("/untyped/1").detail()).contains("{path.id:int}");
  }

  @Test
  void nothingThatAClientSendsBecomesAStatement() throws IOException {
    List<String> corpus = PostgresGateway.resource("injections.txt").lines().toList();
    assertThat(corpus).hasSizeGreaterThanOrEqualTo(100);
    for (String text : corpus) {
      String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
      boolean segment = !text.contains("/") && !text.contains("\\");
      Answer answer =
          http.ask(
              "POST",
              "/text/" + (segment ? encoded : "x") + "?q=" + encoded,
              new JsonObject().put("b", text).encode());
      assertThat(answer.json())
          .as(text)
          .isEqualTo(
              new JsonObject()
                  .put("path", segment ? text : "x")
                  .put("query", text)
                  .put("body", text)
                  .put("one", 1));
    }
    assertThat(http.get("/users/1").status()).isEqualTo(200);
  }

  // ---- rows in numbers ----

  @Test
  void manyRowsComeInPieces() {
    String array = http.get("/many?n=1000").text();
    assertThat(array).startsWith("[{\"i\":1,").endsWith("}]");
    assertThat(new io.vertx.core.json.JsonArray(array)).hasSize(1000);
    assertThat(http.get("/many?n=1000", "accept", "application/x-ndjson").text().lines())
        .hasSize(1000);
    assertThat(http.get("/many?n=256").array()).hasSize(256);
  }

  @Test
  void aFailureAmongTheRowsCutsTheAnswerOff() throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("GET /breaks HTTP/1.1\r\nHost: a\r\n\r\n");
      String all = new String(client.readToEnd(), StandardCharsets.ISO_8859_1);
      assertThat(all).startsWith("HTTP/1.1 200").doesNotEndWith("0\r\n\r\n");
    }
    Gauges.settled(gateway);
  }

  @Test
  void aClientThatLeavesAmongTheRowsGivesItsConnectionBack() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        client.send("GET /many?n=1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.socket().getInputStream().read()).isEqualTo('H');
      }
    }
    Gauges.settled(gateway);
    assertThat(http.get("/users/1").status()).isEqualTo(200);
  }

  // ---- bounds and losses ----

  @Test
  void theConnectionsOfADatabaseAreAmongTheMetrics() throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
      Gauges.until("it is under way", () -> postgres.sleepers() == 1);
      assertThat(Gauges.ask(gateway, "/metrics").lines())
          .contains(
              "sluice_database_connections{database=\"main\",state=\"in_use\"} 1",
              "sluice_database_waiting{database=\"main\"} 0",
              "sluice_database_up{database=\"main\"} 1");
    }
    Gauges.until("its statement is cancelled", () -> postgres.sleepers() == 0);
  }

  @Test
  void rowsThatAreReadForNobodyAreReadToTheirEnd() throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("GET /unseen HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.socket().getInputStream().read()).isEqualTo('H');
      Gauges.until("the client is waited for", () -> postgres.sleepers() == 0);
    }
    Gauges.settled(gateway);
  }

  @Test
  void anElementThatIsLateSaysSo() {
    Answer batch = http.post("/batch", "[{\"path\": \"/hang\", \"method\": \"POST\"}]");
    assertThat(batch.array().getJsonObject(0).getInteger("status")).isEqualTo(504);
    Gauges.until("its statement is cancelled", () -> postgres.sleepers() == 0);
  }

  @Test
  void theDeadlineEndsTheStatementInTheDatabase() {
    Answer answer = http.get("/sleep");
    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.reason()).isEqualTo("deadline_exceeded");
    Gauges.until("the statement is gone", () -> postgres.sleepers() == 0);
  }

  @Test
  void aPoolThatIsTakenRefusesWithinItsBound() {
    List<CompletableFuture<Answer>> all =
        IntStream.range(0, 6)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> http.get("/narrow")))
            .toList();
    List<Answer> answers = all.stream().map(CompletableFuture::join).toList();
    assertThat(answers.stream().map(Answer::status).collect(Collectors.toSet()))
        .containsOnly(200, 503);
    assertThat(answers.stream().filter(answer -> answer.status() == 503))
        .isNotEmpty()
        .allSatisfy(answer -> assertThat(answer.reason()).isEqualTo("queue_full"));
  }

  @Test
  void aReadSurvivesConnectionsThatWereLost() {
    for (int round = 0; round < 3; round++) {
      http.get("/kill");
      for (int i = 0; i < 10; i++) {
        assertThat(http.get("/users/1").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void aDatabaseThatIsNotThereStopsNobodyElse() throws IOException {
    try (RunningGateway other =
            RunningGateway.start(
                """
                listeners: {web: {address: 127.0.0.1, port: 0}}
                databases: {gone: {url: "postgresql://a:b@127.0.0.1:1/c", pool: {connect: 1s}}}
                routes:
                  - {name: hello, match: {path: /hello}, respond: {text: hi}}
                  - {name: gone, match: {path: /gone}, sql: {database: gone, query: "select 1"}}
                """);
        Http asking = Http.to(other.port("web"))) {
      assertThat(asking.get("/hello").text()).isEqualTo("hi");
      Answer gone = asking.get("/gone");
      assertThat(gone.status()).isEqualTo(503);
      assertThat(gone.reason()).isEqualTo("database_unavailable");
      JsonObject ready = new JsonObject(Gauges.ask(other, "/health/ready"));
      assertThat(ready.getBoolean("ready")).isTrue();
      assertThat(ready.getJsonObject("databases").getString("gone")).isNotEqualTo("open");
      int port = http.get("/where").json().getInteger("port");
      assertThat(
              other.reload(
                  """
                  listeners: {web: {address: 127.0.0.1, port: 0}}
                  databases: {gone: {url: "postgresql://postgres:x@127.0.0.1:%d/postgres"}}
                  routes:
                    - {name: gone, match: {path: /gone}, sql: {database: gone, query: "select 1 as a"}}
                  """
                      .formatted(port)))
          .isTrue();
      Gauges.until("it serves", () -> asking.get("/gone").status() == 200);
      assertThat(
              new JsonObject(Gauges.ask(other, "/health/ready"))
                  .getJsonObject("databases")
                  .getString("gone"))
          .isEqualTo("open");
    }
  }

  @Test
  void aStatementThatTheDatabaseDoesNotTakeIsAWarningAndTheOthersAreNot() {
    int port = http.get("/where").json().getInteger("port");
    String routes =
        IntStream.range(0, 60)
            .mapToObj(i ->
                "  - {name: r%d, match: {path: /r%d}, sql: {database: narrow, query: \"select %d as a\"}}%n"
                    .formatted(i, i, i))
            .collect(Collectors.joining());
    try (CapturedLog log = CapturedLog.open();
        RunningGateway other =
            RunningGateway.start(
                """
                listeners: {web: {address: 127.0.0.1, port: 0}}
                databases: {narrow: {url: "postgresql://postgres:x@127.0.0.1:%d/postgres", pool: {max: 1, wait: 1}}}
                routes:
                %s  - {name: last, match: {path: /last}, sql: {database: narrow, query: "select a from nothing"}}
                """
                    .formatted(port, routes));
        Http asking = Http.to(other.port("web"))) {
      PostgresGateway.open(asking, "/r1");
      Gauges.until("all were asked", () -> !log.lines("event=sql_check").isEmpty());
      assertThat(asking.get("/r2").status()).isEqualTo(200);
      assertThat(log.lines("event=sql_check"))
          .singleElement()
          .asString()
          .contains("route \"last\"", "relation \"nothing\" does not exist at character 15");
    }
  }

  @Test
  void partsOfAnAnswerAskItToo() {
    assertThat(http.get("/part/1").text())
        .isEqualTo("{\"user\":{\"name\":\"Ada\"},\"same\":[{\"name\":\"Ada\"}]}");
    assertThat(http.get("/part/9999").text())
        .isEqualTo("{\"user\":{\"name\":\"nobody\"},\"same\":[{\"name\":\"nobody\"}]}");
    Answer bad = http.get("/part/x");
    assertThat(bad.status()).isEqualTo(400);
    assertThat(bad.detail()).isEqualTo("path.id is not a whole number of 32 bits");
  }

  // ---- many rows in ----

  private static String rows(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> "{\"name\": \"n" + i + "\", \"amount\": 1.10}")
        .collect(Collectors.joining(",\n", "[", "]"));
  }

  private static JsonObject bulk() {
    return http.get("/bulk").json();
  }

  @Test
  void manyRowsGoInAtOnce() {
    http.ask("DELETE", "/bulk", "");
    assertThat(http.post("/bulk", rows(0, 1234)).text()).isEqualTo("{\"inserted\":1234}");
    assertThat(bulk()).isEqualTo(new JsonObject("{\"n\": 1234, \"sum\": 1357.40}"));
    assertThat(http.post("/bulk", "").text()).isEqualTo("{\"inserted\":0}");
    http.ask("DELETE", "/bulk", "");
    assertThat(
            http.post(
                    "/bulk",
                    "{\"name\": \"a\\\"b,{}\\\\\", \"doc\": {\"k\": [1.50]}, \"at\":"
                        + " \"2024-02-29T12:00:00Z\", \"ok\": true, \"code\": \"abc\", \"x\": 1}\n")
                .text())
        .isEqualTo("{\"inserted\":1}");
    assertThat(http.get("/bulk/first").text())
        .isEqualTo(
            "{\"name\":\"a\\\"b,{}\\\\\",\"amount\":null,\"doc\":{\"k\":[1.50]},"
                + "\"at\":\"2024-02-29T12:00:00Z\",\"ok\":true,\"code\":\"abc\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"name\": null}                     | 409 | row 251: column name must have a value",
        "{\"name\": \"n7\"}                   | 409 | row 251: constraint bulk_name does not allow it",
        "{\"name\": \"n249\"}                 | 409 | row 251: constraint bulk_name does not allow it",
        "{\"name\": \"x\", \"amount\": \"y\"} | 400 | row 251: a value does not fit its place in the database",
        "{\"name\": \"x\", \"code\": \"long\"}| 400 | row 251: a value does not fit its place in the database",
        "{\"name\": \"x\", \"amount\": 1e9}   | 400 | row 251: a value does not fit its place in the database",
        "7                                    | 400 | row 251 is no object",
        "{\"name\"                            | 400 | row 251 is not JSON"
      })
  void theFirstBadRowIsNamedAndNothingIsKept(String bad, int status, String detail) {
    http.ask("DELETE", "/bulk", "");
    String body = rows(0, 250).replace("]", ",\n" + bad + ",\n") + rows(300, 400).substring(1);
    Answer answer = http.post("/bulk", body);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.detail()).isEqualTo(detail);
    assertThat(answer.json().getInteger("row")).isEqualTo(251);
    assertThat(answer.json().getInteger("inserted")).isZero();
    assertThat(bulk().getInteger("n")).isZero();
  }

  @Test
  void rowsThatAreNotAtomicStayByBatches() {
    http.ask("DELETE", "/bulk", "");
    Answer answer = http.post("/pieces", rows(0, 25).replace("n17", "n16"));
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.json().getInteger("row")).isEqualTo(18);
    assertThat(answer.json().getInteger("inserted")).isEqualTo(10);
    assertThat(bulk().getInteger("n")).isEqualTo(10);
  }

  @Test
  void aTableThatIsNotThereIsTheServersFault() {
    Answer answer = http.post("/nowhere", "[{\"name\": \"a\"}]");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.reason()).isEqualTo("database_error");
  }

  @Test
  void aClientThatLeavesWhileItUploadsLeavesNothing() throws IOException {
    http.ask("DELETE", "/bulk", "");
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          "POST /bulk HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + rows(0, 5000));
    }
    Gauges.settled(gateway);
    assertThat(bulk().getInteger("n")).isZero();
  }
}
