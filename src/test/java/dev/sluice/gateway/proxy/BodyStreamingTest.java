package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Counter;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies through the gateway over HTTP/1.1, byte for byte, in every framing. */
class BodyStreamingTest {
  private static final AtomicReference<byte[]> UPLOADED = new AtomicReference<>();
  private static final AtomicReference<byte[]> ANSWER = new AtomicReference<>(new byte[0]);
  private static ScriptedServer upstream;
  private static RunningGateway gateway;
  private static HttpClient client;

  @BeforeAll
  static void start() {
    upstream = ScriptedServer.start(BodyStreamingTest::serve);
    gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
            routes: [{name: all, match: {path: "/*"}, upstream: back}]
            """
                .formatted(upstream.port()));
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  private static void serve(ScriptedServer.Connection connection, String head, byte[] body)
      throws IOException {
    UPLOADED.set(body);
    byte[] answer = java.util.Objects.requireNonNull(ANSWER.get());
    OutputStream out = connection.socket().getOutputStream();
    if (head.contains("/chunked")) {
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int at = 0; at < answer.length; at += 10_000) {
        int size = Math.min(10_000, answer.length - at);
        out.write((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(answer, at, size);
        out.write('\r');
        out.write('\n');
      }
      connection.send("0\r\n\r\n");
    } else if (head.contains("/close")) {
      connection.send("HTTP/1.1 200 OK\r\n\r\n");
      out.write(answer);
      connection.close();
    } else {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + answer.length + "\r\n\r\n");
      out.write(answer);
    }
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }

  private static URI uri(String path) {
    return URI.create("http://127.0.0.1:" + gateway.port("web") + path);
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8191, 8192, 65535, 65536, 65537, 1 << 20, 20 << 20})
  void bodiesOfAnySizeArriveByteForByteBothWays(int size) throws Exception {
    byte[] body = bytes(size);
    ANSWER.set(body);
    for (String path : new String[] {"/length", "/chunked", "/close"}) {
      HttpResponse<byte[]> sized =
          client.send(
              request(path).POST(BodyPublishers.ofByteArray(body)).build(),
              BodyHandlers.ofByteArray());
      assertThat(Arrays.equals(sized.body(), body)).as("answer of %s", path).isTrue();
      assertThat(Arrays.equals(UPLOADED.get(), body)).as("upload with a length").isTrue();

      HttpResponse<byte[]> chunked =
          client.send(
              request(path)
                  .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                  .build(),
              BodyHandlers.ofByteArray());
      assertThat(Arrays.equals(chunked.body(), body)).as("answer of %s", path).isTrue();
      assertThat(Arrays.equals(UPLOADED.get(), body)).as("chunked upload").isTrue();
    }
    Gauges.settled(gateway);
  }

  @Test
  void uploadsKeepTheirFraming() throws Exception {
    ANSWER.set(new byte[0]);
    client.send(
        request("/length").POST(BodyPublishers.ofByteArray(bytes(5))).build(),
        BodyHandlers.discarding());
    assertThat(last())
        .containsIgnoringCase("content-length: 5")
        .doesNotContainIgnoringCase("transfer-encoding");
    client.send(
        request("/length")
            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes(5))))
            .build(),
        BodyHandlers.discarding());
    assertThat(last())
        .containsIgnoringCase("transfer-encoding: chunked")
        .doesNotContainIgnoringCase("content-length");
    client.send(request("/length").GET().build(), BodyHandlers.discarding());
    assertThat(last())
        .doesNotContainIgnoringCase("transfer-encoding")
        .doesNotContainIgnoringCase("content-length");
  }

  private static String last() {
    return upstream.heads().getLast();
  }

  @Test
  void headAnswersKeepTheirLengthAndHaveNoBody() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
        RunningGateway other = over(server);
        RawHttp http = RawHttp.connect(other.port("web"))) {
      for (int i = 0; i < 3; i++) {
        RawHttp.Answer answer = http.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").read(true);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-length")).contains("1234");
      }
      assertThat(server.accepted()).isEqualTo(1);
      Gauges.settled(other);
    }
  }

  @Test
  void headAnswersWithoutALengthGetNone() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        RunningGateway other = over(server);
        RawHttp http = RawHttp.connect(other.port("web"))) {
      for (int i = 0; i < 2; i++) {
        RawHttp.Answer answer = http.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").read(true);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-length")).isEmpty();
      }
      Gauges.settled(other);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "204 No Content\r\n",
        "304 Not Modified\r\nContent-Length: 99\r\nETag: x\r\n",
        "304 Not Modified\r\n"
      })
  void answersThatHaveNoBodyLeaveTheConnectionUsable(String head) throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 " + head + "\r\n");
        RunningGateway other = over(server);
        RawHttp http = RawHttp.connect(other.port("web"))) {
      for (int i = 0; i < 3; i++) {
        RawHttp.Answer answer = http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").read();
        assertThat(answer.line()).contains(head.substring(0, 3));
        assertThat(answer.header("transfer-encoding")).isEmpty();
        if (answer.status() == 204) {
          assertThat(answer.header("content-length")).isEmpty();
        } else if (head.contains("99")) {
          assertThat(answer.header("content-length")).contains("99");
        } else {
          assertThat(answer.header("content-length")).isEmpty();
        }
      }
      assertThat(server.accepted()).isEqualTo(1);
      Gauges.settled(other);
    }
  }

  @Test
  void trailersOfAChunkedAnswerPass() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n");
        RunningGateway other = over(server);
        RawHttp http = RawHttp.connect(other.port("web"))) {
      RawHttp.Answer answer = http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").read();
      assertThat(answer.text()).isEqualTo("abc");
      assertThat(answer.trailers()).containsExactly("X-Sum: 42");
    }
  }

  @Test
  void anHttp10ClientGetsABodyOfUnknownLengthUntilTheConnectionCloses() throws Exception {
    try (ScriptedServer server =
            ScriptedServer.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        RunningGateway other = over(server);
        RawHttp http = RawHttp.connect(other.port("web"))) {
      String all =
          new String(
              http.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").readToEnd(),
              StandardCharsets.ISO_8859_1);
      assertThat(all).endsWith("\r\n\r\nabcde").doesNotContainIgnoringCase("transfer-encoding");
      Gauges.settled(other);
    }
  }

  @Test
  void aSlowReaderHoldsTheUpstreamBack() throws Exception {
    Counter written = new Counter();
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
              written.pump(connection.socket().getOutputStream(), 1_000_000_000);
            });
        RunningGateway other = over(server);
        RawHttp http = RawHttp.connect(other.port("web"))) {
      http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      long stuck = written.stuck();
      // What the kernel's four socket buffers take, and little more.
      assertThat(stuck).isPositive().isLessThan(40L << 20);
      http.socket().close();
      Gauges.settled(other);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Connection: close\r\nContent-Length: 20000000\r\n", "Connection: close\r\n"})
  void aSlowReaderGetsEverythingOfAnUpstreamThatClosesBehindItsAnswer(String headers)
      throws Exception {
    Counter written = new Counter();
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 200 OK\r\n" + headers + "\r\n");
              written.pump(connection.socket().getOutputStream(), 20_000_000);
              connection.close();
            });
        RunningGateway other = over(server)) {
      for (int round = 0; round < 3; round++) {
        try (java.net.Socket socket = new java.net.Socket()) {
          socket.setReceiveBufferSize(8192); // so that the rest has to wait in the gateway
          socket.setSoTimeout(RawHttp.WAIT_MILLIS);
          socket.connect(new java.net.InetSocketAddress("127.0.0.1", other.port("web")));
          socket.getOutputStream().write(RawHttp.bytes("GET / HTTP/1.0\r\nHost: a\r\n\r\n"));
          byte[] all = socket.getInputStream().readAllBytes();
          int head = new String(all, 0, 1000, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
          assertThat(all.length - head).isEqualTo(20_000_000);
        }
      }
      Gauges.settled(other);
    }
  }

  @Test
  void aSlowUpstreamHoldsTheClientBack() throws Exception {
    Counter written = new Counter();
    try (java.net.ServerSocket server =
            new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress());
        RunningGateway other = over(server.getLocalPort());
        RawHttp http = RawHttp.connect(other.port("web"))) {
      http.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
      Thread.ofVirtual()
          .start(() -> {
            try {
              written.pump(http.socket().getOutputStream(), 1_000_000_000);
            } catch (IOException e) {
              // the gateway may close while we still write
            }
          });
      try (java.net.Socket accepted = server.accept()) {
        assertThat(written.stuck()).isPositive().isLessThan(40L << 20);
        assertThat(accepted.isConnected()).isTrue();
      }
      // The upstream is gone now: the client is told, and nothing is left behind.
      assertThat(http.read().status()).isEqualTo(502);
      Gauges.settled(other);
    }
  }

  private static RunningGateway over(ScriptedServer server) {
    return over(server.port());
  }

  private static RunningGateway over(int port) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
        routes: [{name: all, match: {path: "/*"}, upstream: back}]
        """
            .formatted(port));
  }
}
