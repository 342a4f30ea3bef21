package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RawWebSocket;
import dev.sluice.gateway.testing.RawWebSocket.Frame;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How WebSockets are opened at endpoints of every kind, and what endpoints do wrong. */
class OwnConnectionTest {
  private static Vertx vertx;
  private static Certificates own;
  private static Certificates other;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    own = Certificates.make();
    other = Certificates.make();
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static RunningGateway gateway(String endpoints, String more, String route) {
    return RunningGateway.start(
        """
        listeners: {main: {address: 127.0.0.1, port: 0}}
        upstreams:
          u: {endpoints: [%s], ejection: off, breaker: off%s}
        routes:
          - {name: all, match: {path: "/*"}, upstream: u%s}
        """
            .formatted(
                endpoints, more.isEmpty() ? "" : ", " + more, route.isEmpty() ? "" : ", " + route));
  }

  private static RunningGateway gateway(ScriptedServer server, String route) {
    return gateway("\"127.0.0.1:" + server.port() + '"', "", "retry: {attempts: 1}, " + route);
  }

  private static Answer ask(RunningGateway gateway) throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("main"))) {
      return client.send(RawWebSocket.request("/", "")).read();
    }
  }

  private static void echoes(RunningGateway gateway) throws IOException {
    try (RawWebSocket client = RawWebSocket.connect(gateway.port("main"), "/", "")) {
      Frame frame = new Frame(true, 1, RawHttp.bytes("hello"));
      assertThat(client.send(frame).read()).isEqualTo(frame);
    }
  }

  private static void nothingIsHeld(RunningGateway gateway) {
    Gauges.settled(gateway);
    Upstream upstream = Objects.requireNonNull(gateway.gateway().current().upstreams().get("u"));
    for (Endpoint endpoint : upstream.endpoints()) {
      Gauges.until("a place is still taken", () -> endpoint.places().taken() == 0);
    }
  }

  private static void echo(ServerWebSocket socket) {
    socket.textMessageHandler(socket::writeTextMessage);
  }

  // ---- endpoints ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1 | ca: OWN                           | 101 | ''",
        "127.0.0.1 | ca: OTHER                         | 502 | tls_failed",
        "127.0.0.1 | ca: OWN, serverName: localhost    | 101 | localhost",
        "127.0.0.1 | ca: OWN, serverName: other.test   | 502 | tls_failed",
        "localhost | ca: OWN                           | 101 | localhost",
        "127.0.0.1 | verify: false, serverName: a.test | 101 | a.test",
      })
  void anEndpointProvesWhoItIs(String host, String tls, int status, String expected)
      throws Exception {
    String settings =
        tls.replace("OWN", '"' + own.certificate().toString() + '"')
            .replace("OTHER", '"' + other.certificate().toString() + '"');
    Queue<String> names = new ConcurrentLinkedQueue<>();
    HttpServer server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(0)
                    .setSsl(true)
                    .setSni(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .addCertPath(own.certificate().toString())
                            .addKeyPath(own.key().toString())))
            .connectionHandler(connection -> {
              String name = connection.indicatedServerName();
              names.add(name == null ? "" : name);
            })
            .webSocketHandler(OwnConnectionTest::echo)
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    // A WebSocket needs HTTP/1.1, whatever requests to the upstream speak.
    for (String protocol : List.of("http1", "h2")) {
      names.clear();
      try (RunningGateway gateway =
          gateway(
              '"' + host + ':' + server.actualPort() + '"',
              "protocol: " + protocol + ", tls: {" + settings + "}",
              "retry: {attempts: 1}")) {
        if (status == 101) {
          echoes(gateway);
          assertThat(names).containsExactly(expected);
        } else {
          Answer answer = ask(gateway);
          assertThat(answer.status()).as("%s: %s", protocol, answer.text()).isEqualTo(status);
          assertThat(answer.text()).contains('"' + expected + '"');
        }
        nothingIsHeld(gateway);
      }
    }
    server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void anEndpointMayBeAUnixSocket(@TempDir Path folder) throws Exception {
    Path inner = folder.resolve("inner.sock");
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .webSocketHandler(OwnConnectionTest::echo)
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    try (RunningGateway gateway =
        RunningGateway.start(
            """
            listeners:
              main: {address: 127.0.0.1, port: 0}
              inner: {address: "unix:%1$s"}
            upstreams:
              u: {endpoints: ["unix:%1$s"]}
              last: {endpoints: ["127.0.0.1:%2$d"]}
            routes:
              - {name: through, match: {path: "/*", listeners: [main]}, upstream: u}
              - {name: last, match: {path: "/*", listeners: [inner]}, upstream: last}
            """
                .formatted(inner, server.actualPort()))) {
      echoes(gateway);
      nothingIsHeld(gateway);
    }
    server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void theTargetReachesTheEndpointAsItWasWritten() throws Exception {
    String target = "/a%20b/c;d=e//f?x=%7By&z=a/b?c";
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              RawWebSocket end = RawWebSocket.accept(connection.socket(), head);
              end.send(new Frame(true, 1, RawHttp.bytes(head.lines().findFirst().orElse(""))));
              end.read();
            });
        RunningGateway gateway = gateway(server, "idle: 60s");
        RawWebSocket client = RawWebSocket.connect(gateway.port("main"), target, "")) {
      assertThat(new String(client.read().payload(), StandardCharsets.UTF_8))
          .isEqualTo("GET " + target + " HTTP/1.1");
    }
  }

  // ---- what endpoints do wrong ----

  @Test
  void interimAnswersBeforeTheUpgradeAreNoRefusal() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
              connection.send("HTTP/1.1 102 Processing\r\n\r\n");
              RawWebSocket end = RawWebSocket.accept(connection.socket(), head);
              end.send(end.read());
            });
        RunningGateway gateway = gateway(server, "idle: 60s")) {
      echoes(gateway);
      nothingIsHeld(gateway);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // an acceptance of some other key
        "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: AAAA\r\n\r\n",
        // another protocol
        "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: h2c\r\nsec-websocket-accept: AAAA\r\n\r\n",
        // no HTTP
        "hello\r\n\r\n",
        // ambiguous
        "HTTP/1.1 403 X\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
      })
  void anAnswerThatBreaksTheRulesIsAProtocolError(String bytes) throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(bytes);
        RunningGateway gateway = gateway(server, "idle: 60s")) {
      Answer answer = ask(gateway);
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.text()).contains("\"upstream_protocol_error\"");
      nothingIsHeld(gateway);
      Gauges.until("the connection stays open", () -> server.open() == 0);
    }
  }

  @Test
  void aRefusalWithoutEndIsCut() throws Exception {
    String much = "x".repeat(64 * 1024);
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 403 No\r\ncontent-length: 100000000000\r\n\r\n");
              for (int i = 0; i < 100_000; i++) {
                connection.send(much);
              }
            });
        RunningGateway gateway = gateway(server, "timeout: 60s")) {
      Answer answer = ask(gateway);
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.text()).contains("\"upstream_protocol_error\"");
      nothingIsHeld(gateway);
      Gauges.until("the connection stays open", () -> server.open() == 0);
    }
  }

  @Test
  void aPeerThatAcceptsAndSaysNothingIsLeftAtTheDeadline() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("");
        RunningGateway gateway = gateway(server, "timeout: 300ms")) {
      Answer answer = ask(gateway);
      assertThat(answer.status()).as(answer.text()).isEqualTo(504);
      nothingIsHeld(gateway);
      Gauges.until("the connection stays open", () -> server.open() == 0);
    }
  }

  // ---- attempts ----

  @Test
  void anEndpointThatRefusesIsFollowedByAnotherAndEachWebSocketPaysIntoTheBudget()
      throws Exception {
    ScriptedServer gone = ScriptedServer.answering("");
    int closed = gone.port();
    gone.close();
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              RawWebSocket end = RawWebSocket.accept(connection.socket(), head);
              end.send(end.read());
            });
        RunningGateway gateway =
            gateway(
                "\"127.0.0.1:%d\", \"127.0.0.1:%d\"".formatted(closed, server.port()),
                "balance: roundRobin",
                "retry: {attempts: 2, on: [connectFailure], backoff: [0ms], budget: 100%}")) {
      for (int i = 0; i < 10; i++) {
        echoes(gateway);
      }
      // 3 a second for 10 seconds, and 10 paid in
      Map<String, Double> budget = new HashMap<>();
      for (String line : AdminClient.of(gateway).get("/metrics").text().lines().toList()) {
        if (line.startsWith("sluice_retr")) {
          budget.put(
              line.substring(0, line.indexOf('{')),
              Double.valueOf(line.substring(line.indexOf(' '))));
        }
      }
      assertThat(budget).hasSize(2);
      assertThat(budget.values().stream().mapToDouble(each -> each).sum()).isEqualTo(40);
      nothingIsHeld(gateway);
    }
  }
}
