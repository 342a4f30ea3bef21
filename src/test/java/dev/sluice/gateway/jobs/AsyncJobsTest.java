package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.Services;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs that are asked for later, kept in memory and in a real PostgreSQL. */
@Timeout(90)
class AsyncJobsTest {
  private static EmbeddedPostgres server;
  private static final Services SERVICES = new Services().on("/seven", 200, "7");

  private final List<AutoCloseable> open = new ArrayList<>();
  private final String token = UUID.randomUUID().toString();
  private final TestJobs.Control control = TestJobs.control(token);

  @BeforeAll
  static void startServer() throws IOException {
    server = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
    SERVICES.close();
  }

  @AfterEach
  void close() throws Exception {
    control.gate.countDown();
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
    try (Connection connection = server.getPostgresDatabase().getConnection()) {
      connection.createStatement().execute("drop table if exists sluice_jobs, sluice_jobs_history");
    }
  }

  /** A gateway whose jobs are in {@code memory} or in the {@code database}. */
  private Http gateway(String where, String more) {
    RunningGateway gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            %s
            jobs: {cpu: {threads: 1, queue: 2}, blocking: {max: 2, queue: 1} %s %s}
            upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
            policies: {marked: [{headers: {response: {set: {x-marked: "yes"}}}}]}
            routes:
              - {name: hash, match: {path: /hash}, job: {name: password-hash, mode: async}}
              - {name: hold, match: {path: /hold}, job: {name: test-hold, mode: async, timeout: 30s}}
              - {name: other, match: {path: /other}, job: {name: test-hold, mode: async}}
              - {name: short, match: {path: /short}, job: {name: test-hold, mode: async, timeout: 200ms}}
              - {name: deaf, match: {path: /deaf}, job: {name: test-deaf, mode: async}}
              - {name: broken, match: {path: /broken}, job: {name: test-broken, mode: async}}
              - {name: poison, match: {path: /poison}, job: {name: test-poison, mode: async}}
              - {name: refusing, match: {path: /refusing}, job: {name: test-refusing, mode: async}}
              - {name: calls, match: {path: /calls}, job: {name: test-calling, mode: async, upstreams: [back]}}
              - {name: waiting, match: {path: /waiting}, respond: {text: x}}
            """
                .formatted(
                    where.equals("memory")
                        ? ""
                        : "databases: {main: {url: \"postgresql://postgres:postgres@127.0.0.1:"
                            + server.getPort()
                            + "/postgres?sslmode=disable\"}}",
                    where.equals("memory") ? "" : ", store: main",
                    more,
                    SERVICES.port()));
    Http http = Http.to(gateway.port("web"));
    open.add(gateway);
    open.add(http);
    Gauges.until("it serves", () -> http.get("/jobs/AAAAAAAAAAAAAAAAAAAAAA").status() == 404);
    return http;
  }

  private String input() {
    return "{\"token\": \"" + token + "\"}";
  }

  private static String submitted(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(202);
    return answer.whole().headers().firstValue("location").orElseThrow();
  }

  private static void until(Http http, String job, String state) {
    Gauges.until("it is " + state, () -> state(http, job).equals(state));
  }

  private static String state(Http http, String job) {
    return http.get(job).json().getString("state");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aJobIsTakenRunAndItsResultKept(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/hash", "{\"password\": \"x\"}"));
    assertThat(job).matches("/jobs/[A-Za-z0-9_-]{22}");
    until(http, job, "done");
    JsonObject state = http.get(job).json();
    assertThat(state.fieldNames())
        .containsExactly(
            "id", "name", "state", "progress", "submittedAt", "startedAt", "endedAt", "error");
    assertThat(state.getString("id")).isEqualTo(job.substring("/jobs/".length()));
    assertThat(state.getString("name")).isEqualTo("password-hash");
    assertThat(state.getDouble("progress")).isEqualTo(1);
    assertThat(state.getInstant("startedAt"))
        .isBetween(state.getInstant("submittedAt"), state.getInstant("endedAt"));
    Answer result = http.get(job + "/result");
    assertThat(result.status()).isEqualTo(200);
    assertThat(result.whole().headers().firstValue("content-type")).hasValue("application/json");
    assertThat(result.json().getString("hash")).startsWith("$argon2id$");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void anInputThatDoesNotFitIsNotTaken(String where) {
    Http http = gateway(where, "");
    assertThat(http.post("/hash", "{}").status()).isEqualTo(400);
    assertThat(http.post("/hash", "{\"password\": 1 " + " ".repeat(70_000) + "}").detail())
        .isEqualTo("password: integer found, string expected");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void whatIsNotThereIsA404(String where) {
    Http http = gateway(where, "");
    for (String path : List.of("/jobs/x", "/jobs/AAAAAAAAAAAAAAAAAAAAAA")) {
      assertThat(http.get(path).status()).isEqualTo(404);
      assertThat(http.get(path + "/result").status()).isEqualTo(404);
      assertThat(http.get(path + "/events").status()).isEqualTo(404);
      assertThat(http.ask("DELETE", path, "").status()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aRunningJobShowsItsProgressAndHasNoResultYet(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/hold", input()));
    Gauges.until("it is half done", () -> http.get(job).json().getDouble("progress") == 0.5);
    Answer early = http.get(job + "/result");
    assertThat(early.status()).isEqualTo(409);
    assertThat(early.detail()).isEqualTo("the job is running");
    control.gate.countDown();
    until(http, job, "done");
    assertThat(http.get(job + "/result").json().getString("held")).isEqualTo(token);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void itsEventsFollowItToItsEnd(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/hold", input()));
    CompletableFuture<Answer> events =
        CompletableFuture.supplyAsync(() -> http.get(job + "/events"));
    Gauges.until("it runs", () -> control.started.get() == 1);
    control.gate.countDown();
    Answer all = events.join();
    assertThat(all.whole().headers().firstValue("content-type")).hasValue("text/event-stream");
    List<String> data = all.text().lines().filter(line -> line.startsWith("data: ")).toList();
    assertThat(all.text()).startsWith("event: state\ndata: {");
    assertThat(data.getLast()).contains("\"state\":\"done\",\"progress\":1.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void deletingInterruptsItAndAnswersWhenItHasReallyEnded(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/hold", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    Answer ended = http.ask("DELETE", job, "");
    assertThat(ended.status()).isEqualTo(200);
    assertThat(ended.json().getString("state")).isEqualTo("cancelled");
    assertThat(control.interrupted).hasValue(1);
    assertThat(http.get(job + "/result").detail()).isEqualTo("the job is cancelled");
    assertThat(http.ask("DELETE", job, "").json().getString("state")).isEqualTo("cancelled");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aJobThatWaitsIsEndedWithoutRunning(String where) {
    Http http = gateway(where, "");
    List<String> held = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      held.add(submitted(http.post("/hold", input())));
    }
    Gauges.until("both run", () -> control.started.get() == 2);
    String waits = submitted(http.post("/hold", input()));
    assertThat(state(http, waits)).isEqualTo("queued");
    assertThat(http.ask("DELETE", waits, "").json().getString("state")).isEqualTo("cancelled");
    control.gate.countDown();
    held.forEach(job -> until(http, job, "done"));
    assertThat(control.started).hasValue(2);
  }

  @Test
  void deletingAJobThatIgnoresItsEndSaysThatItStillRuns() {
    Http http = gateway("memory", "");
    String job = submitted(http.post("/deaf", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    Answer answer = http.ask("DELETE", job, "");
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().getString("state")).isEqualTo("running");
    control.gate.countDown();
    until(http, job, "done");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aJobThatFailsSaysWhy(String where) {
    Http http = gateway(where, "");
    String broken = submitted(http.post("/broken", input()));
    String late = submitted(http.post("/short", input()));
    until(http, broken, "failed");
    until(http, late, "failed");
    assertThat(http.get(broken).json().getJsonObject("error").getString("reason"))
        .isEqualTo("job_failed");
    assertThat(http.get(late).json().getJsonObject("error").getString("reason"))
        .isEqualTo("deadline_exceeded");
    assertThat(http.get(broken + "/result").detail())
        .isEqualTo("the job is failed: job_failed, job test-broken failed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aJobThatSaysThatItWasRefusedHasFailedAndIsNotBegunAgain(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/poison", input()));
    until(http, job, "failed");
    assertThat(control.started).hasValue(1);
    assertThat(http.get(job).json().getJsonObject("error").getString("reason"))
        .isEqualTo("job_rejected");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void whateverAJobSaysAgainstItsInputIsKept(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/refusing", "{\"token\": \"th\\u0000is\"}"));
    until(http, job, "failed");
    assertThat(http.get(job).json().getJsonObject("error").getString("detail"))
        .startsWith("not th")
        .endsWith("is");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aJobThatNobodyWaitsForCallsUpstreamsToo(String where) {
    Http http = gateway(where, "");
    String job = submitted(http.post("/calls", "{\"token\": \"seven\"}"));
    until(http, job, "done");
    assertThat(http.get(job + "/result").json().getString("body")).isEqualTo("7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void oneKeyIsOneJob(String where) {
    Http http = gateway(where, "");
    String[] key = {"idempotency-key", "k1"};
    String first = submitted(http.post("/hold", input(), key));
    assertThat(submitted(http.post("/hold", input(), key))).isEqualTo(first);
    Answer other = http.post("/hold", "{\"token\": \"other\"}", key);
    assertThat(other.status()).isEqualTo(409);
    assertThat(other.detail()).contains("Idempotency-Key");
    assertThat(submitted(http.post("/hold", input(), "idempotency-key", "k2"))).isNotEqualTo(first);
    assertThat(submitted(http.post("/other", input(), key))).isNotEqualTo(first);
    assertThat(
            submitted(
                http.post(
                    "/hold", input(), "idempotency-key", "k1", "authorization", "Bearer other")))
        .isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void thereAreNoMoreJobsThanTheBacklogAllows(String where) {
    Http http = gateway(where, ", backlog: 3");
    for (int i = 0; i < 3; i++) {
      submitted(http.post("/hold", input()));
    }
    Answer refused = http.post("/hold", input());
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.reason()).isEqualTo("job_rejected");
    control.gate.countDown();
    Gauges.until("there is room", () -> http.post("/hold", input()).status() == 202);
  }

  @Test
  void policiesGuardThePathOfJobsWhichMayBeAnother() {
    Http http = gateway("memory", ", path: /work/items, use: [marked]");
    String job = submitted(http.post("/hold", input()));
    assertThat(job).startsWith("/work/items/");
    assertThat(http.get(job).whole().headers().firstValue("x-marked")).hasValue("yes");
    assertThat(http.get(job.replace("/work/items", "/jobs")).status()).isEqualTo(404);
  }

  // ---- several nodes ----

  private static int rows(String query) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        ResultSet rows = connection.createStatement().executeQuery(query)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void manyNodesShareTheJobsOfOneStoreAndEachRunsOnce() throws SQLException {
    Http one = gateway("database", "");
    Http two = gateway("database", "");
    control.gate.countDown();
    List<String> jobs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      jobs.add(submitted((i % 2 == 0 ? one : two).post("/hold", input())));
    }
    for (String job : jobs) {
      until(two, job, "done");
    }
    assertThat(control.started).hasValue(100);
    assertThat(rows("select count(*) from sluice_jobs where runs = 1 and result is not null"))
        .isEqualTo(100);
  }

  @Test
  void aJobOfANodeThatIsGoneIsRunByAnotherAndTheFirstOnesResultIsDropped() throws Exception {
    Http one = gateway("database", "");
    String job = submitted(one.post("/hold", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    try (CapturedLog log = CapturedLog.open();
        Connection connection = server.getPostgresDatabase().getConnection()) {
      // As if its node had been silent: who looks next takes it.
      connection
          .createStatement()
          .execute(
              "update sluice_jobs set heartbeat_at = now() - interval '1 minute', owner = 'gone'");
      Gauges.until("it runs again", () -> control.started.get() == 2);
      control.gate.countDown();
      until(one, job, "done");
      Gauges.until(
          "one result is dropped",
          () -> !log.lines("event=job_lost").isEmpty() || control.interrupted.get() == 1);
    }
    assertThat(rows("select count(*) from sluice_jobs where state = 'done' and runs = 2"))
        .isEqualTo(1);
  }

  @Test
  void aJobThatTookItsNodesWithItIsNotBegunForEver() throws Exception {
    Http http = gateway("database", "");
    String job = submitted(http.post("/hold", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    try (Connection connection = server.getPostgresDatabase().getConnection()) {
      connection
          .createStatement()
          .execute(
              "update sluice_jobs set runs = 5, owner = 'gone',"
                  + " heartbeat_at = now() - interval '1 minute'");
    }
    until(gateway("database", ""), job, "failed"); // a node that starts looks at once
    assertThat(http.get(job).json().getJsonObject("error").getString("detail"))
        .isEqualTo("it was begun 5 times, and each time its node was lost");
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection()) {
      connection.createStatement().execute(statement);
    }
  }

  @Test
  void aResultThatTheStoreDoesNotTakeIsAFailureAndNotTriedForEver() throws SQLException {
    Http http = gateway("database", "");
    sql("alter table sluice_jobs add constraint nothing check (result is null)");
    control.gate.countDown();
    String job = submitted(http.post("/hold", input()));
    until(http, job, "failed");
    assertThat(http.get(job).json().getJsonObject("error").getString("detail"))
        .isEqualTo("what came of it cannot be kept");
  }

  @Test
  void aJobThatWasCancelledWhileItsNodeWasGoneIsNotRunAgain() throws SQLException {
    Http http = gateway("database", "");
    sql(
        "insert into sluice_jobs (id, route, name, state, input, input_type, digest, runs, owner,"
            + " heartbeat_at, stop) values ('BBBBBBBBBBBBBBBBBBBBBB', 'hold', 'test-hold',"
            + " 'running', convert_to('"
            + input()
            + "', 'UTF8'), 'application/json', '', 1, 'gone', now() - interval '1 minute', true)");
    gateway("database", ""); // a node that starts looks at once
    until(http, "/jobs/BBBBBBBBBBBBBBBBBBBBBB", "cancelled");
    assertThat(control.started).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "database"})
  void aJobThatIgnoresItsEndIsLeftToTheOthersWhenItsNodeStops(String where) throws Exception {
    Http one = gateway(where, "");
    submitted(one.post("/deaf", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    try (CapturedLog log = CapturedLog.open()) {
      open.removeFirst().close();
      control.gate.countDown();
      Gauges.until("it has ended", () -> control.ended.get() == 1);
      assertThat(log.lines("Unhandled exception")).isEmpty();
    }
    if (where.equals("database")) {
      assertThat(rows("select count(*) from sluice_jobs where state = 'queued' and runs = 0"))
          .isEqualTo(1);
    }
  }

  @Test
  void aCancelledJobWhoseNodeStopsBeforeItEndsIsCancelled() throws Exception {
    Http one = gateway("database", "");
    String job = submitted(one.post("/deaf", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    assertThat(one.ask("DELETE", job, "").status()).isEqualTo(202);
    open.removeFirst().close();
    assertThat(rows("select count(*) from sluice_jobs where state = 'cancelled'")).isEqualTo(1);
    assertThat(rows("select count(*) from sluice_jobs where ended_at is not null and input = ''"))
        .isEqualTo(1);
  }

  @Test
  void aNodeThatStopsLeavesItsJobsToTheOthers() throws Exception {
    Http one = gateway("database", "");
    String job = submitted(one.post("/hold", input()));
    Gauges.until("it runs", () -> control.started.get() == 1);
    open.removeFirst().close();
    assertThat(rows("select count(*) from sluice_jobs where state = 'queued' and runs = 0"))
        .isEqualTo(1);
    Http two = gateway("database", "");
    Gauges.until("it runs again", () -> control.started.get() == 2);
    control.gate.countDown();
    until(two, job, "done");
  }
}
