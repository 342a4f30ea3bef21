package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The job {@code jdbc-query} against a real PostgreSQL. */
@Timeout(60)
class JdbcQueryTest {
  private static final String SLEEP = "select pg_sleep(20) as a_query_of_this_test";

  private static EmbeddedPostgres server;
  private static RunningGateway gateway;
  private static Http http;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = EmbeddedPostgres.start();
    try (Connection connection = server.getPostgresDatabase().getConnection()) {
      connection
          .createStatement()
          .execute("create table things (id int primary key, name text, price numeric(10, 2))");
      connection
          .createStatement()
          .execute(
              "insert into things select n, 'thing ' || n, n * 1.10 from generate_series(1, 30) n");
    }
    String url =
        "jdbc:postgresql://127.0.0.1:"
            + server.getPort()
            + "/postgres?user=postgres&sslmode=disable";
    gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            routes:
            """
                + route("some", url, "select id, name, price from things where id < ? order by id")
                + route("named", url, "select id from things where name = ?")
                + route("dated", url, "select ?::date - date '2024-02-28' as days")
                + route("add", url, "insert into things values (?, ?)")
                + route("all", url, "select id from things")
                + route("sleep", url, SLEEP)
                + route("broken", url, "select nothing from nowhere")
                + route(
                    "types",
                    url,
                    "select null::text n, true b, 9007199254740993::bigint l, 1.10::numeric d,"
                        + " date '2024-02-29' as day, timestamp '2024-02-29 12:00' t,"
                        + " timestamptz '2024-02-29 12:00+02' z, decode('00ff', 'hex') y,"
                        + " '{\"a\": [1]}'::jsonb j, array[1, 2] a")
                + route(
                    "gone",
                    "jdbc:postgresql://127.0.0.1:1/postgres?user=postgres&connectTimeout=1",
                    "select 1"));
    http = Http.to(gateway.port("web"));
  }

  private static String route(String name, String url, String query) {
    return "- {name: %s, match: {path: /%s}, timeout: 15s, job: {name: jdbc-query, timeout: %s, with: {url: \"%s\", query: \"%s\", maxRows: 20, connections: 2}}}\n"
        .formatted(
            name, name, name.equals("sleep") ? "5s" : "14s", url, query.replace("\"", "\\\""));
  }

  @AfterAll
  static void stop() throws IOException {
    http.close();
    gateway.close();
    server.close();
  }

  private static int sleeping() {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        ResultSet rows =
            connection
                .createStatement()
                .executeQuery(
                    "select count(*) from pg_stat_activity where state = 'active'"
                        + " and pid <> pg_backend_pid() and query like '%a_query_of_this_test%'")) {
      rows.next();
      return rows.getInt(1);
    } catch (SQLException gone) {
      throw new AssertionError(gone);
    }
  }

  @Test
  void rowsComeAsObjectsAndParametersAreBound() {
    assertThat(http.post("/some", "{\"params\": [3]}").text())
        .isEqualTo(
            "{\"rows\":[{\"id\":1,\"name\":\"thing 1\",\"price\":1.10},"
                + "{\"id\":2,\"name\":\"thing 2\",\"price\":2.20}]}");
    assertThat(http.post("/named", "{\"params\": [\"' or 1 = 1 --\"]}").text())
        .isEqualTo("{\"rows\":[]}");
    assertThat(http.post("/dated", "{\"params\": [\"2024-03-01\"]}").text())
        .isEqualTo("{\"rows\":[{\"days\":2}]}");
  }

  @Test
  void everyTypeHasItsValue() {
    assertThat(http.post("/types", "{}").text())
        .isEqualTo(
            "{\"rows\":[{\"n\":null,\"b\":true,\"l\":9007199254740993,\"d\":1.10,"
                + "\"day\":\"2024-02-29\",\"t\":\"2024-02-29T12:00:00\",\"z\":\"2024-02-29T10:00:00Z\","
                + "\"y\":\"AP8=\",\"j\":{\"a\":[1]},\"a\":[1,2]}]}");
  }

  @Test
  void aChangeTellsItsCountAndAConstraintHolds() {
    assertThat(http.post("/add", "{\"params\": [100, \"new\"]}").text())
        .isEqualTo("{\"rows\":[{\"count\":1}]}");
    Answer again = http.post("/add", "{\"params\": [100, \"new\"]}");
    assertThat(again.status()).isEqualTo(409);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/some   | {\"params\": [\"x\"]}  | 400 | invalid_input",
        "/some   | {\"params\": [[1]]}    | 400 | invalid_input",
        "/some   | {\"params\": [1, 2]}   | 400 | invalid_input",
        "/some   | {}                     | 400 | invalid_input",
        "/broken | {}                     | 500 | database_error",
        "/all    | {}                     | 502 | answer_too_large",
        "/gone   | {}                     | 503 | database_unavailable",
      })
  void whatDoesNotFitHasItsReason(String path, String body, int status, String reason) {
    Answer answer = http.post(path, body);
    assertThat(answer.reason()).as(answer.text()).isEqualTo(reason);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.text()).doesNotContain("nowhere").doesNotContain("postgres");
  }

  @Test
  void aClientThatLeavesEndsTheStatementInTheDatabase() throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST /sleep HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
      Gauges.until("it runs", () -> sleeping() == 1);
    }
    Gauges.until("it has ended", () -> sleeping() == 0);
  }
}
