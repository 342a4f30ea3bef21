package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Load;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How connections to endpoints begin and end, through a whole gateway. */
class ConnectionLifeTest {
  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  private static final int PARALLEL = 10;

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

  private static RunningGateway gateway(String endpoint, String more) {
    return RunningGateway.start(
        """
        listeners: {main: {address: 127.0.0.1, port: 0}}
        upstreams:
          u: {endpoints: ["%s"], breaker: off, ejection: off%s}
        routes:
          - {name: all, match: {path: "/*"}, upstream: u, retry: {attempts: 1}}
        """
            .formatted(endpoint, more.isEmpty() ? "" : ", " + more));
  }

  private static RunningGateway gateway(int port, String more) {
    return gateway("127.0.0.1:" + port, more);
  }

  private static Answer get(RunningGateway gateway) throws IOException {
    try (RawHttp http = RawHttp.connect(gateway.port("main"))) {
      return http.send("GET /a HTTP/1.1\r\nhost: a\r\n\r\n").read();
    }
  }

  private static Endpoint endpoint(RunningGateway gateway) {
    Upstream upstream = Objects.requireNonNull(gateway.gateway().current().upstreams().get("u"));
    return upstream.endpoints().getFirst();
  }

  private static void nothingIsHeld(RunningGateway gateway) {
    Gauges.until("a place is still taken", () -> endpoint(gateway).places().taken() == 0);
    assertThat(endpoint(gateway).connections()).isZero();
    assertThat(endpoint(gateway).pending()).isZero();
  }

  private static HttpServer server(HttpServerOptions options, Handling handling) throws Exception {
    HttpServer server = vertx.createHttpServer(options.setHost("127.0.0.1").setPort(0));
    handling.on(server);
    return server.listen().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** Sets a server's handlers. */
  private interface Handling {
    void on(HttpServer server);
  }

  private static HttpServerOptions tls(boolean http2) {
    return new HttpServerOptions()
        .setSsl(true)
        .setUseAlpn(http2)
        .setAlpnVersions(List.of(http2 ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1))
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .addCertPath(own.certificate().toString())
                .addKeyPath(own.key().toString()));
  }

  // ---- their end ----

  @Test
  void aConnectionServesNoMoreRequestsThanItMay() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(OK);
        RunningGateway gateway = gateway(server.port(), "pool: {connections: 1, maxRequests: 3}");
        RawHttp http = RawHttp.connect(gateway.port("main"))) {
      for (int i = 0; i < 9; i++) {
        Answer answer = http.send("GET /a HTTP/1.1\r\nhost: a\r\n\r\n").read();
        assertThat(answer.status()).isEqualTo(200);
      }
      assertThat(server.accepted()).isEqualTo(3);
    }
  }

  @Test
  void aConnectionIsReplacedWhenItIsOld() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(OK);
        RunningGateway gateway = gateway(server.port(), "pool: {connections: 1, maxAge: 1s}")) {
      Gauges.until(
          "one connection serves for ever",
          () -> {
            try {
              return get(gateway).status() == 200 && server.accepted() > 1;
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(server.open()).isLessThanOrEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"http1", "h2c"})
  void anIdleConnectionIsClosedAfterItsTime(String protocol) throws Exception {
    AtomicInteger open = new AtomicInteger();
    HttpServer server =
        server(
            new HttpServerOptions(),
            made ->
                made.connectionHandler(
                        connection -> {
                          open.incrementAndGet();
                          connection.closeHandler(nothing -> open.decrementAndGet());
                        })
                    .requestHandler(request -> request.response().end("ok")));
    try (RunningGateway gateway =
        gateway(server.actualPort(), "protocol: " + protocol + ", pool: {idle: 200ms}")) {
      assertThat(get(gateway).status()).isEqualTo(200);
      assertThat(open.get()).isEqualTo(1);
      Gauges.until("the idle connection stays", () -> open.get() == 0);
      nothingIsHeld(gateway);
      assertThat(get(gateway).status()).isEqualTo(200);
    }
  }

  // ---- their beginning ----

  @Test
  void anEndpointThatTakesNoConnectionsIsAConnectTimeout() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<SocketChannel> waiting = new ArrayList<>();
      try (RunningGateway gateway = gateway(full.getLocalPort(), "pool: {connect: 150ms}")) {
        for (int i = 0; i < 4; i++) { // more than its backlog takes; the next SYN is dropped
          SocketChannel channel = SocketChannel.open();
          waiting.add(channel);
          channel.configureBlocking(false);
          channel.connect(full.getLocalSocketAddress());
        }
        Answer answer = get(gateway);
        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.text()).contains("\"connect_timeout\"");
        nothingIsHeld(gateway);
      } finally {
        for (SocketChannel channel : waiting) {
          channel.close();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"protocol: h2c", "'protocol: http1, tls: {verify: false}'"})
  void aPeerThatAcceptsAndSaysNothingIsGivenUpInTimeAndCountsWhileItIsOpen(String protocol)
      throws Exception {
    BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                accepted.add(mute.accept());
              }
            } catch (IOException closed) {
              // the test is over
            }
          });
      String more = protocol + ", pool: {connections: 2, connect: 200ms}";
      try (RunningGateway gateway = gateway(mute.getLocalPort(), more)) {
        for (int i = 0; i < 2; i++) {
          Answer answer = get(gateway);
          assertThat(answer.status()).as(answer.text()).isIn(502, 504);
          assertThat(answer.text()).containsAnyOf("\"connect_timeout\"", "\"tls_failed\"");
        }
        if (protocol.contains("h2c")) {
          assertThat(get(gateway).text()).contains("\"queue_full\"");
          assertThat(accepted).hasSize(2);
        }
        for (Socket socket = accepted.poll(); socket != null; socket = accepted.poll()) {
          socket.close();
        }
        nothingIsHeld(gateway);
      }
    }
  }

  @Test
  void aPeerThatClosesAtOnceLeavesNoPlaceTaken() throws Exception {
    try (ServerSocket rude = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      byte[] settings = {0, 0, 0, 4, 0, 0, 0, 0, 0};
      AtomicInteger seen = new AtomicInteger();
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                try (Socket socket = rude.accept()) {
                  if (seen.getAndIncrement() % 2 == 0) {
                    socket.getOutputStream().write(settings);
                  }
                }
              }
            } catch (IOException closed) {
              // the test is over
            }
          });
      try (RunningGateway gateway =
          gateway(rude.getLocalPort(), "protocol: h2c, pool: {connections: 2}")) {
        for (int i = 0; i < 40; i++) {
          Answer answer = get(gateway);
          assertThat(answer.status()).as(answer.text()).isEqualTo(502);
        }
        nothingIsHeld(gateway);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"http1", "h2c"})
  void anEndpointThatDiesAndComesBackUnderLoadLeavesNoPlaceTaken(String protocol) throws Exception {
    HttpServerOptions options = new HttpServerOptions();
    Handling handling =
        made ->
            made.requestHandler(request ->
                vertx.setTimer(
                    1,
                    timer -> {
                      if (!request.response().closed()) {
                        request.response().end("ok");
                      }
                    }));
    HttpServer server = server(options, handling);
    int port = server.actualPort();
    try (RunningGateway gateway =
        gateway(port, "protocol: " + protocol + ", pool: {connections: 3, maxRequests: 50}")) {
      try (Load load = Load.on(vertx, gateway.port("main"), "/a", 20)) {
        for (int round = 0; round < 5; round++) {
          load.more(200);
          server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
          server =
              vertx
                  .createHttpServer(options)
                  .requestHandler(request -> request.response().end("ok"))
                  .listen(port, "127.0.0.1")
                  .toCompletionStage()
                  .toCompletableFuture()
                  .get(10, TimeUnit.SECONDS);
        }
        load.more(200);
        assertThat(endpoint(gateway).places().taken()).isBetween(1, 3);
      }
      server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      nothingIsHeld(gateway);
      Gauges.settled(gateway);
    }
  }

  // ---- TLS ----

  @Test
  void thePlainTextOfAnEndpointIsATlsFailure() throws Exception {
    try (ServerSocket plain = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        RunningGateway gateway = gateway(plain.getLocalPort(), "tls: {verify: false}")) {
      Thread.ofVirtual()
          .start(() -> {
            try (Socket connection = plain.accept()) {
              connection.getOutputStream().write(RawHttp.bytes(OK));
              connection.getInputStream().readAllBytes();
            } catch (IOException closed) {
              // the test is over
            }
          });
      Answer answer = get(gateway);
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.text()).contains("\"tls_failed\"");
      nothingIsHeld(gateway);
    }
  }

  @Test
  void aHandshakeThatNobodyAnswersIsAConnectTimeout() throws Exception {
    try (ScriptedServer silent = ScriptedServer.start((connection, head, body) -> {});
        RunningGateway gateway =
            gateway(silent.port(), "tls: {verify: false}, pool: {connect: 300ms}")) {
      for (int i = 0; i < 3; i++) {
        Answer answer = get(gateway);
        assertThat(answer.status()).as(answer.text()).isEqualTo(504);
        assertThat(answer.text()).contains("\"connect_timeout\"");
      }
      nothingIsHeld(gateway);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1 | ca: OWN                           | 200 | ''",
        "127.0.0.1 | ca: OTHER                         | 502 | tls_failed",
        "127.0.0.1 | verify: true                      | 502 | tls_failed",
        "127.0.0.1 | verify: false                     | 200 | ''",
        "127.0.0.1 | ca: OWN, serverName: localhost    | 200 | localhost",
        "127.0.0.1 | ca: OWN, serverName: other.test   | 502 | tls_failed",
        "localhost | ca: OWN                           | 200 | localhost",
        "127.0.0.1 | verify: false, serverName: a.test | 200 | a.test",
      })
  void anEndpointProvesWhoItIs(String host, String tls, int status, String expected)
      throws Exception {
    String settings =
        tls.replace("OWN", '"' + own.certificate().toString() + '"')
            .replace("OTHER", '"' + other.certificate().toString() + '"');
    for (String protocol : List.of("http1", "h2")) {
      ConcurrentLinkedQueue<String> names = new ConcurrentLinkedQueue<>();
      HttpServer server =
          server(
              tls(protocol.equals("h2")).setSni(true),
              made ->
                  made.requestHandler(request -> {
                    String name = request.connection().indicatedServerName();
                    names.add(name == null ? "" : name);
                    request.response().end(request.version().toString());
                  }));
      String more = "protocol: " + protocol + ", tls: {" + settings + "}";
      try (RunningGateway gateway = gateway(host + ":" + server.actualPort(), more)) {
        Answer answer = get(gateway);
        assertThat(answer.status()).as("%s: %s", protocol, answer.text()).isEqualTo(status);
        if (status == 200) {
          assertThat(answer.text()).isEqualTo(protocol.equals("h2") ? "HTTP_2" : "HTTP_1_1");
          assertThat(names).containsExactly(expected);
        } else {
          assertThat(answer.text()).contains('"' + expected + '"');
          nothingIsHeld(gateway);
        }
      }
      server.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void anEndpointThatDoesNotChooseHttp2IsATlsFailure() throws Exception {
    HttpServer server =
        server(tls(false), made -> made.requestHandler(request -> request.response().end("old")));
    try (RunningGateway gateway =
        gateway(server.actualPort(), "protocol: h2, tls: {verify: false}")) {
      Answer answer = get(gateway);
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.text()).contains("\"tls_failed\"");
      nothingIsHeld(gateway);
    }
  }

  // ---- HTTP/2 ----

  @Test
  void anIdleConnectionThatSaysGoodByeIsReplacedWithoutAFailure() throws Exception {
    ConcurrentLinkedQueue<HttpConnection> connections = new ConcurrentLinkedQueue<>();
    HttpServer server =
        server(
            new HttpServerOptions(),
            made ->
                made.connectionHandler(connections::add)
                    .requestHandler(request -> request.response().end("ok")));
    try (RunningGateway gateway =
        gateway(server.actualPort(), "protocol: h2c, pool: {connections: 1}")) {
      for (int i = 0; i < 20; i++) {
        assertThat(get(gateway).status()).isEqualTo(200);
        connections.forEach(connection -> connection.goAway(0));
        Gauges.until("the connection is kept", () -> endpoint(gateway).places().taken() == 0);
      }
      assertThat(connections).hasSize(20);
    }
  }

  @Test
  void streamsUnderWayEndWhenTheConnectionSaysGoodBye() throws Exception {
    ConcurrentLinkedQueue<CompletableFuture<Void>> held = new ConcurrentLinkedQueue<>();
    HttpServer server =
        server(
            new HttpServerOptions(),
            made ->
                made.requestHandler(request -> {
                  request.response().setChunked(true).write("a");
                  CompletableFuture<Void> go = new CompletableFuture<>();
                  held.add(go);
                  var context = vertx.getOrCreateContext();
                  go.thenRun(() -> context.runOnContext(nothing -> request.response().end("b")));
                  request.connection().goAway(0);
                }));
    try (RunningGateway gateway =
        gateway(server.actualPort(), "protocol: h2c, pool: {connections: 1}")) {
      List<CompletableFuture<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        int before = i;
        answers.add(async(gateway));
        Gauges.until("request " + i + " does not arrive", () -> held.size() > before);
        held.forEach(go -> go.complete(null));
        assertThat(answers.get(i).get(10, TimeUnit.SECONDS).text()).isEqualTo("ab");
      }
      nothingIsHeld(gateway);
    }
  }

  private static CompletableFuture<Answer> async(RunningGateway gateway) {
    CompletableFuture<Answer> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(get(gateway));
          } catch (IOException | RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  @ParameterizedTest
  @CsvSource({"1,1", "2,1", "1,2"})
  void whoFindsAllStreamsTakenWaitsForOne(int streams, int connections) throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    HttpServer server =
        server(
            new HttpServerOptions()
                .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(streams)),
            made ->
                made.requestHandler(request -> {
                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                  vertx.setTimer(
                      5,
                      timer -> {
                        now.decrementAndGet();
                        request.response().end("ok");
                      });
                }));
    try (RunningGateway gateway =
        gateway(server.actualPort(), "protocol: h2c, pool: {connections: " + connections + "}")) {
      List<CompletableFuture<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < PARALLEL; i++) {
        answers.add(async(gateway));
      }
      for (CompletableFuture<Answer> answer : answers) {
        assertThat(answer.get(10, TimeUnit.SECONDS).status()).isEqualTo(200);
      }
      assertThat(most.get()).isLessThanOrEqualTo(streams * connections);
      Gauges.until("idle streams count", () -> endpoint(gateway).active() == 0);
    }
  }
}
