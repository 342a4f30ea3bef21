package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;
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

  @Test
  void aNameThatWasNeverResolvedIsADnsFailure() throws Exception {
    try (RunningGateway gateway = gateway("dns: \"nowhere.invalid:80\"", "")) {
      Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).contains("\"dns_failed\"");
    }
  }
}
