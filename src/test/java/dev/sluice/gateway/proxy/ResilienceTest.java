package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResilienceTest {
  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  private static final String OFF = "breaker: off, ejection: off";

  private static String answer(int status) {
    return "HTTP/1.1 " + status + " X\r\ncontent-length: 1\r\n\r\nx";
  }

  private static RunningGateway gateway(String upstream, String route) {
    return RunningGateway.start(
        """
        listeners: {main: {address: 127.0.0.1, port: 0}}
        upstreams:
          u: {%s}
        routes:
          - {name: all, match: {path: "/*"}, upstream: u%s}
        """
            .formatted(upstream, route.isEmpty() ? "" : ", " + route));
  }

  private static String at(ScriptedServer... servers) {
    StringBuilder all = new StringBuilder("endpoints: [");
    for (int i = 0; i < servers.length; i++) {
      all.append(i == 0 ? "" : ", ").append("\"127.0.0.1:").append(servers[i].port()).append('"');
    }
    return all.append(']').toString();
  }

  private static Answer call(RunningGateway gateway, String method, String more)
      throws IOException {
    try (RawHttp http = RawHttp.connect(gateway.port("main"))) {
      return http.send(
              method
                  + " /a HTTP/1.1\r\nhost: a\r\n"
                  + more
                  + (more.contains("\r\n\r\n") ? "" : "\r\n"))
          .read();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, 503, 503, 2",
    "GET, 5xx, 507, 2",
    "GET, 503, 502, 1",
    "GET, 5xx, 404, 1",
    "GET, 5xx, 429, 1",
    "POST, 5xx, 503, 1",
    "PUT, 5xx, 503, 2"
  })
  void statusesAreRetriedOnlyAsConfiguredAndOnlyWhenIdempotent(
      String method, String on, int status, int attempts) throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(answer(status));
        RunningGateway gateway =
            gateway(
                at(server) + ", " + OFF,
                "retry: {attempts: 2, on: [" + on + "], backoff: 1ms..2ms}")) {
      Answer answer = call(gateway, method, "content-length: 0\r\n\r\n");
      assertThat(answer.status()).isEqualTo(status);
      assertThat(server.heads()).hasSize(attempts);
    }
  }

  @ParameterizedTest
  @CsvSource({"PUT, 65536, 200, 2", "PUT, 65537, 502, 1", "POST, 10, 502, 1"})
  void bodiesAreReplayedUpToTheBuffer(String method, int length, int status, int attempts)
      throws Exception {
    AtomicInteger seen = new AtomicInteger();
    ConcurrentLinkedQueue<Integer> lengths = new ConcurrentLinkedQueue<>();
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              lengths.add(body.length);
              if (seen.incrementAndGet() == 1) {
                connection.close();
              } else {
                connection.send(OK);
              }
            });
        RunningGateway gateway =
            gateway(
                at(server) + ", " + OFF, "retry: {attempts: 2, on: [reset], backoff: 1ms..2ms}")) {
      Answer answer =
          call(gateway, method, "content-length: " + length + "\r\n\r\n" + "b".repeat(length));
      assertThat(answer.status()).isEqualTo(status);
      assertThat(lengths).hasSize(attempts).allMatch(each -> each == length);
    }
  }

  @Test
  void aDeadEndpointIsPassedOverEvenForPost() throws Exception {
    try (ScriptedServer live = ScriptedServer.answering(OK);
        ScriptedServer dead = ScriptedServer.answering(OK)) {
      String both = at(dead, live);
      dead.close();
      try (RunningGateway gateway =
          gateway(
              both + ", balance: roundRobin, " + OFF, "retry: {attempts: 2, backoff: 1ms..2ms}")) {
        for (int i = 0; i < 10; i++) {
          assertThat(call(gateway, "POST", "content-length: 1\r\n\r\nx").status()).isEqualTo(200);
        }
      }
    }
  }

  @Test
  void attemptsThatTakeTooLongAreRetriedWithinOneDeadline() throws Exception {
    try (ScriptedServer silent = ScriptedServer.start((connection, head, body) -> {});
        RunningGateway gateway =
            gateway(
                at(silent) + ", " + OFF,
                "timeout: 400ms, retry: {attempts: 10, on: [timeout], attemptTimeout: 100ms, backoff: 1ms..2ms, budget: 100%}")) {
      Answer answer = call(gateway, "GET", "");
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.text()).contains("deadline_exceeded");
      assertThat(silent.heads().size()).isBetween(2, 5);
    }
  }

  @Test
  void anAttemptThatGotNoConnectionInItsTimeGoesElsewhereWhateverTheMethod() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket full = new ServerSocket(0, 1, loopback);
        ScriptedServer live = ScriptedServer.answering(OK)) {
      List<SocketChannel> waiting = new ArrayList<>();
      try {
        for (int i = 0; i < 4; i++) { // more than its backlog takes; the next SYN is dropped
          SocketChannel channel = SocketChannel.open();
          waiting.add(channel);
          channel.configureBlocking(false);
          channel.connect(full.getLocalSocketAddress());
        }
        String both =
            "endpoints: [\"127.0.0.1:%d\", \"127.0.0.1:%d\"], balance: roundRobin, "
                .formatted(full.getLocalPort(), live.port());
        try (RunningGateway gateway =
            gateway(both + OFF, "retry: {attempts: 2, on: [timeout], attemptTimeout: 100ms}")) {
          for (int i = 0; i < 4; i++) {
            Answer answer = call(gateway, "POST", "content-length: 1\r\n\r\nx");
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          }
          assertThat(live.heads()).hasSize(4);
        }
      } finally {
        for (SocketChannel channel : waiting) {
          channel.close();
        }
      }
    }
  }

  @Test
  void answersGivenUpForAnotherAttemptLeaveNoErrorsInTheLog() throws Exception {
    Vertx vertx = Vertx.vertx();
    AtomicInteger seen = new AtomicInteger();
    try {
      HttpServer server =
          vertx
              .createHttpServer()
              .requestHandler(request -> {
                if (seen.incrementAndGet() % 2 == 1) {
                  request.response().setStatusCode(503).write("x"); // and never ends
                } else {
                  request.response().end("ok");
                }
              })
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      String upstream = "endpoints: [\"127.0.0.1:" + server.actualPort() + "\"], protocol: h2c, ";
      try (CapturedLog log = CapturedLog.open();
          RunningGateway gateway =
              gateway(upstream + OFF, "retry: {attempts: 2, on: [503], backoff: 1ms..2ms}")) {
        for (int i = 0; i < 10; i++) {
          assertThat(call(gateway, "GET", "").status()).isEqualTo(200);
        }
        assertThat(log.troubles()).isEmpty();
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void anExhaustedBudgetPassesTheFirstFailureOn() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(answer(503));
        RunningGateway gateway =
            gateway(
                at(server) + ", " + OFF,
                "retry: {attempts: 2, on: [503], backoff: 1ms..1ms, budget: 1%}")) {
      int calls = 60;
      for (int i = 0; i < calls; i++) {
        assertThat(call(gateway, "GET", "").status()).isEqualTo(503);
      }
      // Three a second are free; the window holds ten seconds of them.
      assertThat(server.heads().size() - calls).isBetween(1, 45);
    }
  }

  @Test
  void aStalePooledConnectionIsRetriedOnceWithoutBeingAsked() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              // The second request on the first connection finds it closed.
              if (requests.incrementAndGet() == 2) {
                connection.close();
              } else {
                connection.send(OK);
              }
            });
        RunningGateway gateway = gateway(at(server) + ", " + OFF, "retry: {attempts: 1}");
        RawHttp http = RawHttp.connect(gateway.port("main"))) {
      for (int i = 0; i < 2; i++) {
        assertThat(http.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").read().status()).isEqualTo(200);
      }
      assertThat(requests.get()).isEqualTo(3);
    }
  }

  @Test
  void theBreakerOpensWithRetryAfterAndClosesAgain() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(answer(500));
        RunningGateway gateway =
            gateway(at(server) + ", breaker: {failures: 3, open: 100ms}, ejection: off", "")) {
      for (int i = 0; i < 3; i++) {
        assertThat(call(gateway, "GET", "").status()).isEqualTo(500);
      }
      Answer refused = call(gateway, "GET", "");
      if (refused.status() == 503) { // unless this machine stood still for the breaker's time
        assertThat(refused.text()).contains("breaker_open");
        assertThat(refused.header("retry-after")).contains("1");
      }
      server.script((connection, head, body) -> connection.send(OK));
      int status = 0;
      for (int i = 0; i < 100_000 && status != 200; i++) {
        status = call(gateway, "GET", "").status();
      }
      assertThat(status).isEqualTo(200);
    }
  }

  @Test
  void anEndpointThatFailsInARowIsEjected() throws Exception {
    try (ScriptedServer bad = ScriptedServer.answering(answer(500));
        ScriptedServer good = ScriptedServer.answering(OK);
        RunningGateway gateway =
            gateway(
                at(bad, good) + ", balance: roundRobin, breaker: off, ejection: {consecutive: 3}",
                "")) {
      for (int i = 0; i < 40; i++) {
        call(gateway, "GET", "");
      }
      assertThat(bad.heads()).hasSize(3);
    }
  }

  @Test
  void aStickyClientComesBackAndIsSentElsewhereWhenItsEndpointIsGone() throws Exception {
    try (ScriptedServer one = ScriptedServer.answering(OK);
        ScriptedServer two = ScriptedServer.answering(OK);
        RunningGateway gateway =
            gateway(at(one, two) + ", sticky: {cookie: s, ttl: 1h}, " + OFF, "")) {
      Answer first = call(gateway, "GET", "");
      String cookie = first.header("set-cookie").orElseThrow().split(";", 2)[0];
      assertThat(cookie).startsWith("s=").doesNotContain("127", "" + one.port(), "" + two.port());
      for (int i = 0; i < 10; i++) {
        assertThat(call(gateway, "GET", "cookie: " + cookie + "\r\n").header("set-cookie"))
            .isEmpty();
      }
      assertThat(Set.of(one.heads().size(), two.heads().size())).isEqualTo(Set.of(0, 11));
      ScriptedServer mine = one.heads().isEmpty() ? two : one;
      mine.close();
      Set<String> others = new HashSet<>();
      Answer moved = call(gateway, "GET", "cookie: " + cookie + "\r\n");
      assertThat(moved.status()).isEqualTo(200);
      others.add(moved.header("set-cookie").orElseThrow().split(";", 2)[0]);
      assertThat(others).doesNotContain(cookie);
    }
  }

  @ParameterizedTest
  @CsvSource({"preserve, a", "endpoint, localhost:PORT", "inner.example, inner.example"})
  void theEndpointSeesTheConfiguredHost(String mode, String expected) throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(OK);
        RunningGateway gateway =
            gateway("endpoints: [\"localhost:" + server.port() + "\"], host: " + mode, "")) {
      assertThat(call(gateway, "GET", "").status()).isEqualTo(200);
      assertThat(server.heads().getFirst().toLowerCase(java.util.Locale.ROOT))
          .contains("\r\nhost: " + expected.replace("PORT", "" + server.port()) + "\r\n");
    }
  }
}
