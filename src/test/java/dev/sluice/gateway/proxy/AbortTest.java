package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.resilience.WheelTimers;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients and upstreams that go away at every moment: nothing is left behind, and nothing cut off
 * looks whole.
 */
class AbortTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  private static RunningGateway over(int port, String route) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
        routes: [{name: all, match: {path: "/*"}, upstream: back%s}]
        """
            .formatted(port, route));
  }

  /** A server that takes one connection and does with it what the test says. */
  private static final class OneConnection implements AutoCloseable {
    final ServerSocket listener;
    final CompletableFuture<Socket> accepted = new CompletableFuture<>();

    OneConnection() throws IOException {
      listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
      Thread.ofVirtual()
          .start(() -> {
            try {
              Socket socket = listener.accept();
              socket.setSoTimeout(RawHttp.WAIT_MILLIS);
              accepted.complete(socket);
            } catch (IOException e) {
              accepted.completeExceptionally(e);
            }
          });
    }

    Socket socket() throws Exception {
      return accepted.get(5, TimeUnit.SECONDS);
    }

    /** Reads up to the empty line that ends the request's head. */
    void readHead() throws Exception {
      int end = 0;
      while (end < 4) {
        int b = socket().getInputStream().read();
        assertThat(b).isNotNegative();
        end = b == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : 0;
      }
    }

    void send(String text) throws Exception {
      socket().getOutputStream().write(RawHttp.bytes(text));
      socket().getOutputStream().flush();
    }

    /** Waits for the gateway to close the connection. */
    void awaitClose() throws Exception {
      try {
        socket().getInputStream().skip(Long.MAX_VALUE);
        while (socket().getInputStream().read() >= 0) {}
      } catch (java.net.SocketTimeoutException e) {
        throw e;
      } catch (IOException reset) {
        // closed as well
      }
    }

    @Override
    public void close() throws Exception {
      listener.close();
      if (accepted.isDone() && !accepted.isCompletedExceptionally()) {
        accepted.get().close();
      }
    }
  }

  @Test
  void aClientThatLeavesBeforeTheHeadCancelsTheUpstreamCall() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      upstream.readHead();
      client.close();
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void aClientThatLeavesInTheMiddleOfTheAnswerCancelsTheUpstreamCall() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      upstream.readHead();
      upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
      assertThat(client.socket().getInputStream().read()).isEqualTo('H');
      client.close();
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void aClientThatLeavesWhileItUploadsCancelsTheUpstreamCall() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway =
            over(upstream.listener.getLocalPort(), ", onClientAbort: complete");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
      upstream.readHead();
      client.close();
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void aClientThatLeavesInTheMiddleOfAChunkCancelsTheUpstreamCall() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
      upstream.readHead();
      client.close();
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void aClientThatLeavesWhileTheUpstreamTakesNothingIsNoticed() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
      dev.sluice.gateway.testing.Counter written = new dev.sluice.gateway.testing.Counter();
      Thread.ofVirtual()
          .start(() -> {
            try {
              written.pump(client.socket().getOutputStream(), 1_000_000_000);
            } catch (IOException e) {
              // we left
            }
          });
      upstream.readHead();
      assertThat(written.stuck()).isLessThan(100L << 20);
      client.socket().setSoLinger(true, 0); // a reset, since nobody reads up to a FIN
      client.close();
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void completeLetsTheUpstreamFinishAfterItsClientLeft() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              asked.countDown();
              await(left);
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
            });
        RunningGateway gateway = over(upstream.port(), ", onClientAbort: {complete: 10s}")) {
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(Gauges.exchanges(gateway)).isEqualTo(1);
      left.countDown();
      Gauges.settled(gateway);
      // The answer was read to its end: the connection serves on.
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        assertThat(client.send(GET).read().text()).isEqualTo("abc");
      }
    }
  }

  @Test
  void completeReadsALongAnswerToItsEndThoughNobodyTakesIt() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
              new dev.sluice.gateway.testing.Counter()
                  .pump(connection.socket().getOutputStream(), 50_000_000);
              done.countDown();
            });
        RunningGateway gateway = over(upstream.port(), ", onClientAbort: {complete: 20s}")) {
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        client.send(GET);
        assertThat(client.socket().getInputStream().read()).isEqualTo('H');
      }
      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
      Gauges.settled(gateway);
    }
  }

  @Test
  void theLogSaysThatTheWorkWentOn(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access.log");
    CountDownLatch asked = new CountDownLatch(2);
    CountDownLatch left = new CountDownLatch(1);
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              asked.countDown();
              await(left);
              if (head.startsWith("GET /whole")) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
              } else {
                connection.socket().close();
              }
            });
        RunningGateway gateway =
            RunningGateway.start(
                """
                accessLog: {to: %s, format: text}
                listeners: {web: {address: 127.0.0.1, port: 0}}
                upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
                routes: [{name: all, match: {path: "/*"}, upstream: back, onClientAbort: complete}]
                """
                    .formatted(file, upstream.port()))) {
      for (String path : new String[] {"/whole", "/broken"}) {
        try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
          client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
          Gauges.until("it is asked", () -> Gauges.attempts(gateway) > 0);
        }
      }
      assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
      left.countDown();
      Gauges.settled(gateway);
    }
    assertThat(Files.readString(file))
        .containsPattern("/whole\" .* detail=\"the client left and the work went on to its end\"")
        .containsPattern(
            "/broken\" .* detail=\"the client left and the work went on until upstream_");
  }

  @Test
  void completeStopsAtItsBound() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway =
            over(upstream.listener.getLocalPort(), ", onClientAbort: {complete: 300ms}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      upstream.readHead();
      client.close();
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void anOperatorsCancelAnswersBeforeTheHeadAndCutsOffAfterIt() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      upstream.readHead();
      assertThat(Cancel.only(gateway)).isEqualTo(200);
      assertThat(client.read().status()).isEqualTo(503);
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      upstream.readHead();
      upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
      assertThat(client.socket().getInputStream().read()).isEqualTo('H');
      assertThat(Cancel.only(gateway)).isEqualTo(200);
      assertThat(new String(client.readToEnd(), StandardCharsets.ISO_8859_1))
          .endsWith("3\r\nabc\r\n");
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
      })
  void anUpstreamThatDiesInTheMiddleOfItsAnswerNeverLooksWhole(String bytes) throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              connection.send(bytes);
              connection.close();
            });
        RunningGateway gateway = over(upstream.port(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> assertThat(client.read().status()).isEqualTo(502))
          .isInstanceOfAny(EOFException.class, java.net.SocketException.class);
      Gauges.settled(gateway);
    }
  }

  @Test
  void anAnswerUntilTheCloseThatIsResetNeverLooksWhole() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(GET);
      upstream.readHead();
      upstream.send("HTTP/1.1 200 OK\r\n\r\nabc");
      byte[] head = client.socket().getInputStream().readNBytes(15);
      assertThat(head).isNotEmpty();
      upstream.socket().setSoLinger(true, 0);
      upstream.socket().close();
      String rest = new String(client.readToEnd(), StandardCharsets.ISO_8859_1);
      assertThat(rest).doesNotContain("\r\n0\r\n");
      Gauges.settled(gateway);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Le"})
  void anUpstreamThatDiesBeforeItsHeadIsA502(String bytes) throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              connection.send(bytes);
              connection.close();
            });
        RunningGateway gateway = over(upstream.port(), ", retry: {attempts: 1}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      for (int i = 0; i < 3; i++) {
        RawHttp.Answer answer =
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").read();
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("upstream_reset");
      }
      Gauges.settled(gateway);
    }
  }

  @Test
  void anEarlyAnswerStopsTheUploadAndReachesTheClientWhole() throws Exception {
    try (OneConnection upstream = new OneConnection();
        RunningGateway gateway = over(upstream.listener.getLocalPort(), "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
      upstream.readHead();
      upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
      RawHttp.Answer answer = client.read();
      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.text()).isEqualTo("much");
      assertThat(answer.header("connection")).contains("close");
      upstream.awaitClose();
      Gauges.settled(gateway);
    }
  }

  @Test
  void aFailedAttemptIsSentAgainWithItsWholeBody() throws Exception {
    java.util.concurrent.atomic.AtomicInteger calls =
        new java.util.concurrent.atomic.AtomicInteger();
    java.util.List<Integer> sizes = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              sizes.add(body.length);
              if (calls.incrementAndGet() % 3 != 0) {
                connection.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
              } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
              }
            });
        RunningGateway gateway =
            over(
                upstream.port(),
                ", retry: {attempts: 3, on: [503], backoff: 1ms..2ms, budget: 100%}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + "x".repeat(60_000));
      assertThat(client.read().text()).isEqualTo("ok");
      client.send(
          "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      assertThat(client.read().text()).isEqualTo("ok");
      // More than is kept for another attempt: the upstream's own answer stands.
      client.send(
          "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000));
      assertThat(client.read().status()).isEqualTo(503);
      assertThat(sizes).containsExactly(60_000, 60_000, 60_000, 5, 5, 5, 100_000);
      Gauges.settled(gateway);
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new IOException("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Cancels through the admin API. */
  private static final class Cancel {
    static int only(RunningGateway gateway) throws Exception {
      String id =
          new io.vertx.core.json.JsonArray(Gauges.ask(gateway, "/exchanges"))
              .getJsonObject(0)
              .getString("id");
      return java.net.http.HttpClient.newHttpClient()
          .send(
              java.net.http.HttpRequest.newBuilder(
                      java.net.URI.create(
                          "http://127.0.0.1:" + gateway.adminPort() + "/exchanges/" + id))
                  .DELETE()
                  .build(),
              java.net.http.HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void aDelayedAnswerKeepsNothingOfAClientThatLeft() throws Exception {
    try (RunningGateway gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            routes: [{name: slow, match: {path: "/*"}, respond: {text: x, delay: 1h}}]
            """)) {
      int before = armed(gateway);
      for (int i = 0; i < 20; i++) {
        try (RawHttp http = RawHttp.connect(gateway.port("web"))) {
          http.send(GET);
          Gauges.until("the request does not arrive", () -> Gauges.exchanges(gateway) == 1);
        }
        Gauges.settled(gateway);
      }
      assertThat(armed(gateway)).isLessThanOrEqualTo(before);
    }
  }

  /** Timers that wait on all loops. */
  private static int armed(RunningGateway gateway) throws Exception {
    int sum = 0;
    for (Loop loop : gateway.gateway().loops()) {
      CompletableFuture<Integer> count = new CompletableFuture<>();
      loop.context().runOnContext(nothing -> count.complete(((WheelTimers) loop.timers()).armed()));
      sum += count.get(5, TimeUnit.SECONDS);
    }
    return sum;
  }
}
