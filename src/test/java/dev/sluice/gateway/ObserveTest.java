package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of real exchanges. */
class ObserveTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final Pattern SAMPLE =
      Pattern.compile(
          "[a-zA-Z_:][a-zA-Z0-9_:]*(\\{[a-zA-Z_]\\w*=\"([^\"\\\\\n]|\\\\.)*\"(,[a-zA-Z_]\\w*=\"([^\"\\\\\n]|\\\\.)*\")*,?})? (NaN|[+-]Inf|[-+0-9.eE]+)");

  @TempDir Path folder;

  private String yaml(ScriptedServer app, String log) {
    return """
    loops: 1
    accessLog: %s
    listeners: {public: {port: 0}}
    upstreams:
      app: {endpoints: ["127.0.0.1:%d"], breaker: {failures: 50, open: 60s}}
      dead: {endpoints: ["127.0.0.1:1"]}
    routes:
      - {name: app, match: {path: "/app/*"}, upstream: app, slow: 1ms, retry: {attempts: 2, on: [503], backoff: 1ms..2ms}}
      - {name: dead, match: {path: /dead}, upstream: dead}
      - {name: own, match: {path: /own}, respond: {text: own}}
    """
        .formatted(log, app.port());
  }

  private static List<String> lines(Path file, int wanted) throws Exception {
    CountDownLatch tick = new CountDownLatch(1);
    List<String> lines = List.of();
    for (int i = 0; i < 500; i++) {
      lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
      if (lines.size() >= wanted) {
        return lines;
      }
      assertThat(tick.await(10, TimeUnit.MILLISECONDS)).isFalse();
    }
    throw new AssertionError("only " + lines);
  }

  private static RawHttp.Answer get(int port, String target) throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      return http.send(
              "GET "
                  + target
                  + " HTTP/1.1\r\nHost: Example.com\r\nUser-Agent: a\"b\\\u00e9\r\n\r\n")
          .read();
    }
  }

  @Test
  void eachKindOfExchangeHasItsLineInTheAccessLog() throws Exception {
    Path file = folder.resolve("access.log");
    AtomicInteger calls = new AtomicInteger();
    try (ScriptedServer app =
            ScriptedServer.start((connection, head, body) -> {
              if (head.startsWith("GET /app/retry") && calls.getAndIncrement() == 0) {
                connection.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
              } else if (!head.startsWith("GET /app/hang")) {
                connection.send(OK);
              }
            });
        RunningGateway gateway = RunningGateway.start(yaml(app, "{to: " + file + "}"))) {
      int port = gateway.port("public");
      assertThat(get(port, "/app/a?x=1&token=geheim&api_key=k&y=%0a").status()).isEqualTo(200);
      JsonObject ok = new JsonObject(lines(file, 1).get(0));
      assertThat(ok.getString("scheme")).isEqualTo("http");
      assertThat(ok.getString("method")).isEqualTo("GET");
      assertThat(ok.getString("host")).isEqualTo("example.com");
      assertThat(ok.getString("path")).isEqualTo("/app/a");
      assertThat(ok.getString("query")).isEqualTo("x=1&token=***&api_key=***&y=%0a");
      assertThat(ok.getString("protocol")).isEqualTo("HTTP/1.1");
      assertThat(ok.getString("userAgent")).startsWith("a\"b\\");
      assertThat(ok.getString("client")).isEqualTo("127.0.0.1");
      assertThat(ok.getString("listener")).isEqualTo("public");
      assertThat(ok.getInteger("status")).isEqualTo(200);
      assertThat(ok.getString("route")).isEqualTo("app");
      assertThat(ok.getString("upstream")).isEqualTo("app");
      assertThat(ok.getString("endpoint")).isEqualTo("127.0.0.1:" + app.port());
      assertThat(ok.getInteger("attempts")).isEqualTo(1);
      assertThat(ok.getInteger("bytesIn")).isZero();
      assertThat(ok.getInteger("bytesOut")).isEqualTo(2);
      assertThat(ok.containsKey("reason")).isFalse();
      assertThat(ok.getString("ts")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
      assertThat(ok.getString("id")).matches("[0-9a-f]{32}");
      assertThat(ok.getJsonObject("timings").fieldNames())
          .containsExactlyInAnyOrder("total", "filters", "connect", "wait", "head", "body");

      assertThat(get(port, "/nowhere").status()).isEqualTo(404);
      JsonObject none = new JsonObject(lines(file, 2).get(1));
      assertThat(none.getString("reason")).isEqualTo("no_route");
      assertThat(none.containsKey("route")).isFalse();
      assertThat(none.getInteger("attempts")).isZero();
      assertThat(none.getJsonObject("timings").fieldNames())
          .containsExactlyInAnyOrder("total", "head", "body");

      assertThat(get(port, "/dead").status()).isEqualTo(502);
      JsonObject dead = new JsonObject(lines(file, 3).get(2));
      assertThat(dead.getString("reason")).isEqualTo("connect_failed");
      assertThat(dead.getString("endpoint")).isEqualTo("127.0.0.1:1");
      assertThat(dead.getJsonObject("timings").fieldNames()).doesNotContain("connect", "wait");

      assertThat(get(port, "/app/retry").status()).isEqualTo(200);
      JsonObject retried = new JsonObject(lines(file, 4).get(3));
      assertThat(retried.getInteger("attempts")).isEqualTo(2);
      assertThat(retried.getInteger("status")).isEqualTo(200);

      try (RawHttp http = RawHttp.connect(port)) {
        http.send("GET /app/hang HTTP/1.1\r\nHost: a\r\n\r\n");
        inFlight(gateway);
      }
      JsonObject gone = new JsonObject(lines(file, 5).get(4));
      assertThat(gone.getString("reason")).isEqualTo("client_gone");
      assertThat(gone.getInteger("status")).isEqualTo(499);
      assertThat(gone.getBoolean("aborted")).isTrue();

      try (RawHttp http = RawHttp.connect(port)) {
        http.send("GET /\u0001 HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(http.read().status()).isEqualTo(400);
      }
      assertThat(new JsonObject(lines(file, 6).get(5)).getString("reason"))
          .isEqualTo("bad_request");

      // A moved file is written on until it is opened anew.
      Files.move(file, folder.resolve("old.log"));
      assertThat(get(port, "/own").status()).isEqualTo(200);
      lines(folder.resolve("old.log"), 7);
      gateway.gateway().reload("SIGHUP").get(10, TimeUnit.SECONDS);
      assertThat(get(port, "/own").status()).isEqualTo(200);
      assertThat(lines(file, 1)).hasSize(1);

      // Another file and form, live.
      Path text = folder.resolve("text.log");
      assertThat(gateway.reload(yaml(app, "{to: " + text + ", format: text}"))).isTrue();
      assertThat(get(port, "/app/b").status()).isEqualTo(200);
      assertThat(lines(text, 1).get(0))
          .matches(
              "\\S+Z 200 \\d+\\.\\d{3}ms \"127\\.0\\.0\\.1\" \"GET\" \"example\\.com\" \"/app/b\" route=\"app\""
                  + " endpoint=\"127\\.0\\.0\\.1:\\d+\" attempts=1 in=0 out=2 id=\"[0-9a-f]{32}\"");
      assertThat(Files.readAllLines(file)).hasSize(1);
      assertThat(gateway.reload(yaml(app, "{enabled: false}"))).isTrue();
      assertThat(get(port, "/app/c").status()).isEqualTo(200);
      assertThat(Files.readAllLines(text)).hasSize(1);
    }
  }

  private static JsonArray inFlight(RunningGateway gateway) throws Exception {
    CountDownLatch tick = new CountDownLatch(1);
    for (int i = 0; i < 500; i++) {
      JsonArray all = AdminClient.of(gateway).get("/exchanges").array();
      if (all.size() == 1 && all.getJsonObject(0).getString("phase").equals("waiting")) {
        return all;
      }
      assertThat(tick.await(10, TimeUnit.MILLISECONDS)).isFalse();
    }
    throw new AssertionError(
        "nothing in flight: " + AdminClient.of(gateway).get("/exchanges").text());
  }

  @Test
  void metricsParseAndGrowWithWhatHappens() throws Exception {
    try (ScriptedServer app = ScriptedServer.answering(OK);
        RunningGateway gateway = RunningGateway.start(yaml(app, "{enabled: false}"))) {
      int port = gateway.port("public");
      for (int i = 0; i < 3; i++) {
        get(port, "/app/a");
      }
      get(port, "/dead");
      get(port, "/nowhere");
      String text = AdminClient.of(gateway).get("/metrics").text();
      assertThat(
              text.lines().filter(line -> !line.startsWith("#") && !SAMPLE.matcher(line).matches()))
          .isEmpty();
      assertThat(text.lines().filter(line -> line.startsWith("# TYPE"))).doesNotHaveDuplicates();
      assertThat(text.lines().toList())
          .contains(
              "sluice_exchanges_total{route=\"app\",status=\"2xx\",reason=\"\"} 3",
              "sluice_exchanges_total{route=\"dead\",status=\"5xx\",reason=\"connect_failed\"} 1",
              "sluice_exchanges_total{route=\"none\",status=\"4xx\",reason=\"no_route\"} 1",
              "sluice_exchange_duration_seconds_count{route=\"app\",status=\"2xx\",reason=\"\"} 3",
              "sluice_exchange_duration_seconds_bucket{route=\"app\",status=\"2xx\",reason=\"\",le=\"+Inf\"} 3",
              "sluice_response_body_bytes_total{route=\"app\"} 6",
              "sluice_pool_connections{upstream=\"app\",endpoint=\"127.0.0.1:"
                  + app.port()
                  + "\",state=\"idle\"} 1",
              "sluice_pool_connections{upstream=\"app\",endpoint=\"127.0.0.1:"
                  + app.port()
                  + "\",state=\"in_use\"} 0",
              "sluice_endpoint_healthy{upstream=\"app\",endpoint=\"127.0.0.1:"
                  + app.port()
                  + "\"} 1",
              "sluice_breaker_state{upstream=\"app\",state=\"closed\"} 1");
      assertThat(text)
          .contains(
              "sluice_upstream_attempts_total{upstream=\"app\"",
              "sluice_upstream_attempts_total{upstream=\"dead\"")
          .contains(
              "sluice_retries_total{upstream=\"app\"}",
              "sluice_retry_budget_retries{upstream=\"app\"}")
          .contains(
              "sluice_pool_pending_attempts{",
              "sluice_loop_lag_seconds{loop=\"0\"}",
              "sluice_loop_busy_ratio{")
          .contains(
              "sluice_exchanges_in_flight 0",
              "sluice_process_resident_bytes ",
              "sluice_config_reloads_total 1")
          .contains(
              "process_files_open",
              "jvm_memory_used_bytes",
              "sluice_unwatched_failures_total",
              "sluice_access_log_dropped_lines_total");
    }
  }

  @Test
  void routesAndUpstreamsShowTheirFigures() throws Exception {
    try (ScriptedServer app = ScriptedServer.answering(OK);
        RunningGateway gateway = RunningGateway.start(yaml(app, "{enabled: false}"))) {
      int port = gateway.port("public");
      for (int i = 0; i < 120; i++) {
        get(port, "/app/a");
      }
      get(port, "/dead");
      AdminClient admin = AdminClient.of(gateway);
      JsonObject route = named(admin.get("/routes").array(), "app");
      assertThat(route.getJsonObject("exchanges").getJsonObject("total").getInteger("count"))
          .isEqualTo(120);
      assertThat(route.getJsonObject("exchanges").getJsonObject("last100").getInteger("count"))
          .isEqualTo(100);
      JsonObject total = route.getJsonObject("exchanges").getJsonObject("total");
      assertThat(total.getDouble("successRate")).isEqualTo(1.0);
      assertThat(total.getDouble("minMillis"))
          .isPositive()
          .isLessThanOrEqualTo(total.getDouble("p50Millis"));
      assertThat(total.getDouble("p50Millis")).isLessThanOrEqualTo(total.getDouble("p99Millis"));
      assertThat(total.getDouble("p99Millis")).isLessThanOrEqualTo(total.getDouble("maxMillis"));
      JsonObject dead = named(admin.get("/upstreams").array(), "dead");
      assertThat(dead.getJsonObject("exchanges").getJsonObject("total").getDouble("successRate"))
          .isZero();
      JsonObject up = named(admin.get("/upstreams").array(), "app");
      assertThat(up.getString("breaker")).isEqualTo("closed");
      assertThat(up.getJsonArray("endpoints").getJsonObject(0).getBoolean("healthy")).isTrue();
      assertThat(up.getJsonArray("endpoints").getJsonObject(0).getInteger("idle")).isEqualTo(1);
    }
  }

  private static JsonObject named(JsonArray all, String name) {
    return all.stream()
        .map(JsonObject.class::cast)
        .filter(one -> one.getString("name").equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anExchangeIsListedAndEndsWhenItIsDeleted() throws Exception {
    try (ScriptedServer app = ScriptedServer.start((connection, head, body) -> {});
        RunningGateway gateway = RunningGateway.start(yaml(app, "{enabled: false}"));
        RawHttp http = RawHttp.connect(gateway.port("public"))) {
      AdminClient admin = AdminClient.of(gateway);
      http.send("GET /app/hang HTTP/1.1\r\nHost: a\r\n\r\n");
      JsonObject one = inFlight(gateway).getJsonObject(0);
      assertThat(one.getString("route")).isEqualTo("app");
      assertThat(one.getString("endpoint")).isEqualTo("127.0.0.1:" + app.port());
      assertThat(one.getInteger("attempt")).isEqualTo(1);
      AdminClient.Answer deleted = admin.ask("DELETE", "/exchanges/" + one.getString("id"));
      assertThat(deleted.status()).isEqualTo(200);
      assertThat(deleted.json().getBoolean("ended")).isTrue();
      assertThat(admin.get("/exchanges").array()).isEmpty();
      assertThat(http.read().text()).contains("cancelled");
      for (String unknown : List.of(one.getString("id"), "0-999", "9-1", "x", "-1")) {
        assertThat(admin.ask("DELETE", "/exchanges/" + unknown).status()).isEqualTo(404);
      }
    }
  }

  @Test
  void aSlowExchangeIsWarnedOfWithItsPhases() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (ScriptedServer app =
            ScriptedServer.start((connection, head, body) -> {
              try {
                assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
              connection.send(OK);
            });
        CapturedLog log = CapturedLog.open();
        RunningGateway gateway = RunningGateway.start(yaml(app, "{enabled: false}"))) {
      get(gateway.port("public"), "/app/a");
      for (int i = 0; i < 500 && log.lines("event=slow_exchange").isEmpty(); i++) {
        assertThat(never.await(10, TimeUnit.MILLISECONDS)).isFalse();
      }
      assertThat(log.lines("event=slow_exchange"))
          .singleElement()
          .asString()
          .containsPattern(
              "route=app endpoint=127.0.0.1:\\d+ attempts=1 status=200 total=\\d+ms filters=\\d+ms connect=\\d+ms wait=\\d+ms");
    }
  }

  @Test
  void aHeldLoopIsWarnedOfWithTheStackThatHeldIt() throws Exception {
    try (ScriptedServer app = ScriptedServer.answering(OK);
        CapturedLog log = CapturedLog.open();
        RunningGateway gateway = RunningGateway.start(yaml(app, "{enabled: false}"))) {
      get(gateway.port("public"), "/own");
      CountDownLatch release = new CountDownLatch(1);
      CountDownLatch held = new CountDownLatch(1);
      var loop = gateway.gateway().loops().getFirst();
      loop.context().runOnContext(nothing -> hold(held, release));
      assertThat(held.await(5, TimeUnit.SECONDS)).isTrue();
      CountDownLatch tick = new CountDownLatch(1);
      for (int i = 0; i < 500 && log.lines("ObserveTest.hold").isEmpty(); i++) {
        assertThat(tick.await(10, TimeUnit.MILLISECONDS)).isFalse();
      }
      release.countDown();
      assertThat(log.lines("ObserveTest.hold").getFirst())
          .startsWith("event=loop_late loop=0 late=");
    }
  }

  private static void hold(CountDownLatch held, CountDownLatch release) {
    held.countDown();
    try {
      assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theAdminApiChangesLogLevelsAndExplains() throws Exception {
    try (ScriptedServer app = ScriptedServer.answering(OK);
        RunningGateway gateway = RunningGateway.start(yaml(app, "{enabled: false}"))) {
      AdminClient admin = AdminClient.of(gateway);
      assertThat(
              admin
                  .ask("PUT", "/log/dev.sluice.gateway.Gateway?level=debug")
                  .json()
                  .getString("level"))
          .isEqualTo("DEBUG");
      assertThat(admin.ask("PUT", "/log/dev.sluice.gateway.Gateway?level=info").status())
          .isEqualTo(200);
      assertThat(admin.ask("PUT", "/log/dev.sluice.gateway.Gateway?level=loud").status())
          .isEqualTo(400);
      JsonObject explained = admin.get("/explain?method=GET&url=http%3A%2F%2Fa%2Fapp%2Fx").json();
      assertThat(explained.getString("route")).isEqualTo("app");
      assertThat(explained.getInteger("attempts")).isEqualTo(2);
      assertThat(
              admin
                  .get("/explain?method=GET&url=http%3A%2F%2Fa%2Fnowhere")
                  .json()
                  .containsKey("route"))
          .isFalse();
      assertThat(admin.get("/explain?method=GET&url=http%3A%2F%2Fa%2F..%2F..%2Fx").status())
          .isEqualTo(400);
      assertThat(admin.get("/health/live").status()).isEqualTo(200);
      try (RawHttp http = RawHttp.connect(gateway.adminPort())) {
        assertThat(http.send("GET /routes HTTP/1.1\r\nHost: evil.example\r\n\r\n").read().status())
            .isEqualTo(403);
      }
    }
  }

  @Test
  void aWebSocketHasOneLineWithItsBytes() throws Exception {
    Path file = folder.resolve("ws.log");
    Vertx vertx = Vertx.vertx();
    try {
      var server =
          vertx
              .createHttpServer()
              .webSocketHandler(socket -> socket.textMessageHandler(socket::writeTextMessage))
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      String yaml =
          "accessLog: {to: "
              + file
              + "}\nlisteners: {public: {port: 0}}\nupstreams: {ws: {endpoints: [\"127.0.0.1:"
              + server.actualPort()
              + "\"]}}\nroutes:\n  - {name: ws, match: {path: /ws}, upstream: ws}\n";
      try (RunningGateway gateway = RunningGateway.start(yaml)) {
        // Held on to: Vert.x closes the connections of a client that was collected.
        var client = vertx.createWebSocketClient();
        var socket =
            client
                .connect(gateway.port("public"), "127.0.0.1", "/ws")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        CountDownLatch echoed = new CountDownLatch(1);
        socket.textMessageHandler(text -> echoed.countDown());
        socket
            .writeTextMessage("hello")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
        assertThat(echoed.await(5, TimeUnit.SECONDS)).isTrue();
        socket.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        JsonObject line = new JsonObject(lines(file, 1).get(0));
        assertThat(line.getInteger("status")).isEqualTo(101);
        assertThat(line.getInteger("bytesIn")).isEqualTo(5);
        assertThat(line.getInteger("bytesOut")).isEqualTo(5);
        assertThat(line.getString("upstream")).isEqualTo("ws");
        assertThat(line.containsKey("reason")).isFalse();
        client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }
}
