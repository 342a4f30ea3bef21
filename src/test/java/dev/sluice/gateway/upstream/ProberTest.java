package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import dev.sluice.gateway.testing.SelfSigned;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Active health checks of a whole gateway against a real server. */
class ProberTest {
  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

  private static RunningGateway gateway(String endpoints, String more) {
    return RunningGateway.start(
        """
        listeners: {main: {address: 127.0.0.1, port: 0}}
        upstreams:
          u: {%s%s}
        routes:
          - {name: all, match: {path: "/*"}, upstream: u, retry: {attempts: 1}}
        """
            .formatted(endpoints, more.isEmpty() ? "" : ", " + more));
  }

  private static String at(ScriptedServer server) {
    return "endpoints: [\"127.0.0.1:" + server.port() + "\"]";
  }

  private static Answer get(RunningGateway gateway) throws IOException {
    try (RawHttp http = RawHttp.connect(gateway.port("main"))) {
      return http.send("GET /a HTTP/1.1\r\nhost: a\r\n\r\n").read();
    }
  }

  private static boolean healthy(RunningGateway gateway) {
    Upstream upstream = Objects.requireNonNull(gateway.gateway().current().upstreams().get("u"));
    return upstream.endpoints().getFirst().healthy();
  }

  private static void probes(ScriptedServer server, boolean good) {
    server.script((connection, head, body) ->
        connection.send(
            good || head.startsWith("GET /a ")
                ? OK
                : "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n"));
  }

  @Test
  void anEndpointGoesAndComesBackByTheVerdictsOfItsProbes() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(OK);
        RunningGateway gateway =
            gateway(
                at(server),
                "health: {path: \"/up?x\", interval: 100ms, timeout: 1s, healthy: 2, unhealthy: 3}")) {
      Gauges.until("nobody asks", () -> server.heads().size() > 2);
      assertThat(server.heads().getFirst())
          .startsWith("GET /up?x HTTP/1.1\r\n")
          .containsIgnoringCase("\r\nuser-agent: Sluice/")
          .containsIgnoringCase("\r\nhost: 127.0.0.1:" + server.port());
      assertThat(get(gateway).status()).isEqualTo(200);
      probes(server, false);
      Gauges.until("it stays healthy", () -> !healthy(gateway));
      Answer refused = get(gateway);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"no_healthy_endpoint\"");
      probes(server, true);
      Gauges.until("it does not come back", () -> healthy(gateway));
      assertThat(get(gateway).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // silence
        "HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\nx", // a body without end
        "HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n"
      })
  void whatIsNoGoodAnswerInTimeIsAFailureAndItsConnectionIsNotKept(String answer) throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(answer);
        RunningGateway gateway =
            gateway(
                at(server),
                "health: {path: /, interval: 100ms, timeout: 60ms, healthy: 1, unhealthy: 2}")) {
      Gauges.until("it stays healthy", () -> !healthy(gateway));
      int asked = server.heads().size();
      Gauges.until("nobody asks again", () -> server.heads().size() > asked + 5);
      assertThat(server.open()).isLessThanOrEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 204, 302, 399})
  void everyAnswerFrom200To399IsGood(int status) throws Exception {
    try (ScriptedServer server =
            ScriptedServer.answering("HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n");
        RunningGateway gateway =
            gateway(
                at(server),
                "health: {path: /, interval: 100ms, timeout: 5s, healthy: 1, unhealthy: 1}")) {
      Gauges.until("it stays healthy", () -> !healthy(gateway));
      String length = status == 204 ? "" : "content-length: 0\r\n";
      server.script((connection, head, body) ->
          connection.send("HTTP/1.1 " + status + " X\r\n" + length + "\r\n"));
      Gauges.until("it does not come back", () -> healthy(gateway));
    }
  }

  @Test
  void anAnswerThatNeverEndsIsCutAndNotKept() throws Exception {
    AtomicInteger cut = new AtomicInteger();
    String much = "x".repeat(64 * 1024);
    try (CapturedLog log = CapturedLog.open();
        ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n");
              try {
                while (true) {
                  connection.send(much);
                }
              } catch (IOException closed) {
                cut.incrementAndGet();
                throw closed;
              }
            });
        RunningGateway gateway =
            gateway(
                at(server),
                "health: {path: /, interval: 100ms, timeout: 60ms, healthy: 1, unhealthy: 2}")) {
      Gauges.until("it stays healthy", () -> !healthy(gateway));
      Gauges.until("its connection stays", () -> cut.get() >= 2);
      Gauges.until("nobody tells", () -> !log.troubles().isEmpty());
      assertThat(log.troubles())
          .as("only the endpoint's change is worth a line")
          .allMatch(line -> line.startsWith("endpoint upstream=u "));
    }
  }

  @Test
  void probesAskUnderTheTlsNameThatRequestsUse(@TempDir Path folder) throws Exception {
    SelfSigned own = SelfSigned.in(folder, "own", "inner.test");
    Vertx vertx = Vertx.vertx();
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
            .requestHandler(request -> {
              names.add(request.uri() + ' ' + request.connection().indicatedServerName());
              request.response().end();
            })
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    try (RunningGateway gateway =
        gateway(
            "endpoints: [\"127.0.0.1:" + server.actualPort() + "\"]",
            "tls: {ca: \""
                + own.certificate()
                + "\", serverName: inner.test}, health: {path: /up, interval: 100ms}")) {
      Gauges.until("nobody asks", () -> names.size() >= 2);
      assertThat(get(gateway).status()).isEqualTo(200);
      assertThat(names).contains("/a inner.test", "/up inner.test");
      assertThat(names).allMatch(name -> name.endsWith(" inner.test"));
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aNameThatWasNeverResolvedIsADnsFailure() throws Exception {
    try (RunningGateway gateway = gateway("dns: \"nowhere.invalid:80\"", "")) {
      Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).contains("\"dns_failed\"");
    }
  }
}
