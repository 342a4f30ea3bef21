package dev.sluice.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.AdminConfig;
import dev.sluice.gateway.config.Secret;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminVerticleTest {
  private final Vertx vertx = Vertx.vertx();
  private final Promise<Boolean> ended = Promise.promise();
  private volatile List<String> reasons = List.of();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private int start(@Nullable Secret token) throws Exception {
    AdminPorts ports =
        new AdminPorts(
            new AdminPorts.Readiness() {
              @Override
              public List<String> reasons() {
                return reasons;
              }

              @Override
              public JsonObject databases() {
                return new JsonObject().put("main", "open");
              }
            },
            () -> "up 1\n",
            JsonArray::new,
            JsonArray::new,
            new AdminPorts.Exchanges() {
              @Override
              public Future<List<AdminPorts.InFlight>> list() {
                return Future.succeededFuture(
                    List.of(new AdminPorts.InFlight("7", "r", "WAITING", "e:1", 2, 30)));
              }

              @Override
              public Future<Boolean> cancel(String id) {
                return id.equals("7") ? ended.future() : Future.succeededFuture(false);
              }
            },
            new AdminPorts.Configuration() {
              @Override
              public JsonObject status() {
                return new JsonObject().put("version", 3);
              }

              @Override
              public Future<AdminPorts.Reload> reload() {
                return Future.succeededFuture(
                    new AdminPorts.Reload(false, List.of("f.yaml:1:2: no")));
              }
            },
            (method, url, headers) ->
                Future.succeededFuture(
                    new JsonObject()
                        .put("method", method)
                        .put("url", url)
                        .put("x", headers.get("x"))),
            new AdminPorts.Cluster() {
              @Override
              public JsonObject view() {
                return new JsonObject().put("state", "single");
              }

              @Override
              public Future<JsonObject> exchanges() {
                return Future.succeededFuture(new JsonObject().put("nodes", new JsonArray()));
              }

              @Override
              public Future<JsonObject> upstreams() {
                return exchanges();
              }

              @Override
              public Future<String> metrics() {
                return Future.succeededFuture("up{node=\"a\"} 1\n");
              }
            },
            null);
    AdminVerticle verticle =
        new AdminVerticle(
            vertx.getOrCreateContext(),
            new AdminConfig("127.0.0.1", 0, token),
            ports,
            options -> options);
    vertx
        .deployVerticle(verticle)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
    return verticle.port();
  }

  private static String ask(int port, String line, String... headers) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      StringBuilder text = new StringBuilder(line).append(" HTTP/1.1\r\nConnection: close\r\n");
      boolean host = List.of(headers).stream().anyMatch(h -> h.startsWith("Host:"));
      text.append(host ? "" : "Host: localhost:" + port + "\r\n");
      for (String header : headers) {
        text.append(header).append("\r\n");
      }
      socket
          .getOutputStream()
          .write(text.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void pathsAnswerAsTheirPortsSay() throws Exception {
    int port = start(null);
    assertThat(ask(port, "GET /health/live")).startsWith("HTTP/1.1 200");
    assertThat(ask(port, "GET /health/ready")).startsWith("HTTP/1.1 200");
    reasons = List.of("draining");
    assertThat(ask(port, "GET /health/ready")).startsWith("HTTP/1.1 503").contains("draining");
    assertThat(ask(port, "GET /metrics")).contains("version=0.0.4").endsWith("up 1\n");
    assertThat(ask(port, "HEAD /metrics")).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
    assertThat(ask(port, "GET /exchanges")).contains("\"WAITING\"");
    assertThat(ask(port, "GET /config/status")).contains("\"version\" : 3");
    assertThat(ask(port, "POST /config/reload")).startsWith("HTTP/1.1 422").contains("f.yaml:1:2");
    assertThat(ask(port, "GET /explain?url=http%3A%2F%2Fa%2Fb&header=x:1"))
        .contains("http://a/b")
        .contains("\"x\" : \"1\"");
    assertThat(ask(port, "GET /")).contains("/health/live");
  }

  @Test
  void unknownPathsAndWrongMethodsAreProblems() throws Exception {
    int port = start(null);
    assertThat(ask(port, "GET /nothing")).startsWith("HTTP/1.1 404").contains("problem+json");
    assertThat(ask(port, "POST /routes")).startsWith("HTTP/1.1 405").contains("problem+json");
    assertThat(ask(port, "DELETE /exchanges/8")).startsWith("HTTP/1.1 404");
    assertThat(ask(port, "PUT /log/root?level=x")).startsWith("HTTP/1.1 400");
    assertThat(ask(port, "PUT /log/dev.sluice?level=INFO")).startsWith("HTTP/1.1 200");
  }

  @Test
  void foreignHostsAndOriginsAreRefused() throws Exception {
    int port = start(null);
    assertThat(ask(port, "GET /routes", "Host: evil.example:" + port)).startsWith("HTTP/1.1 403");
    assertThat(ask(port, "POST /config/reload", "Origin: http://evil.example"))
        .startsWith("HTTP/1.1 403");
    assertThat(ask(port, "GET /routes", "Origin: http://localhost:" + port))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void tokenIsAskedForWhenSet() throws Exception {
    int port = start(new Secret("s3cret"));
    assertThat(ask(port, "GET /routes")).startsWith("HTTP/1.1 401");
    assertThat(ask(port, "GET /routes", "Authorization: Bearer s3cre")).startsWith("HTTP/1.1 401");
    assertThat(ask(port, "GET /routes", "Authorization: Bearer s3cret")).startsWith("HTTP/1.1 200");
  }

  @Test
  void probesNeedNoTokenAndHearNothingOfDatabases() throws Exception {
    int port = start(new Secret("s3cret"));
    assertThat(ask(port, "GET /health/live")).startsWith("HTTP/1.1 200");
    assertThat(ask(port, "GET /health/ready"))
        .startsWith("HTTP/1.1 200")
        .contains("\"ready\" : true")
        .doesNotContain("main");
    assertThat(ask(port, "GET /health/ready", "Authorization: Bearer s3cret"))
        .contains("\"main\" : \"open\"");
    assertThat(ask(port, "GET /health/live/../../routes")).startsWith("HTTP/1.1 401");
    assertThat(ask(port, "GET /health/live", "Host: evil.example")).startsWith("HTTP/1.1 403");
  }

  @Test
  void cancelAnswersOnlyWhenTheExchangeHasEnded() throws Exception {
    int port = start(null);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket
          .getOutputStream()
          .write(
              ("DELETE /exchanges/7 HTTP/1.1\r\nHost: localhost\r\n" + "Connection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(ask(port, "GET /exchanges")).startsWith("HTTP/1.1 200");
      assertThat(socket.getInputStream().available()).isZero();
      ended.complete(true);
      socket.setSoTimeout(10_000);
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200")
          .contains("\"ended\" : true");
    }
  }
}
