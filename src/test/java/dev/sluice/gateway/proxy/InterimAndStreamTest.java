package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interim answers, event streams, the PROXY protocol, and waits that end. */
class InterimAndStreamTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String ASKING =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";

  private static RunningGateway over(int port, String listener, String route) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0%s}}
        upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
        routes: [{name: all, match: {path: "/*"}, upstream: back%s}]
        """
            .formatted(listener, port, route));
  }

  @Test
  void theUpstreamsContinueReachesTheClientBeforeTheBodyIsSent() throws Exception {
    try (ServerSocket upstream = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        RunningGateway gateway = over(upstream.getLocalPort(), "", "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(ASKING);
      try (Socket server = upstream.accept()) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(server.getInputStream(), StandardCharsets.ISO_8859_1));
        boolean asked = false;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
          asked |= line.equalsIgnoreCase("expect: 100-continue");
        }
        assertThat(asked).isTrue();
        server.getOutputStream().write(RawHttp.bytes("HTTP/1.1 100 Continue\r\n\r\n"));
        assertThat(client.read().status()).isEqualTo(100);
        client.send("hi");
        assertThat((char) in.read()).isEqualTo('h');
        assertThat((char) in.read()).isEqualTo('i');
        server
            .getOutputStream()
            .write(RawHttp.bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        assertThat(client.read().text()).isEqualTo("ok");
      }
      Gauges.settled(gateway);
    }
  }

  @Test
  void aFinalAnswerInPlaceOfContinueNeedsNoBody() throws Exception {
    try (ServerSocket upstream = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        RunningGateway gateway = over(upstream.getLocalPort(), "", "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(ASKING);
      try (Socket server = upstream.accept()) {
        server
            .getOutputStream()
            .write(RawHttp.bytes("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"));
        RawHttp.Answer answer = client.read();
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text()).isEqualTo("no");
        assertThat(answer.header("connection")).contains("close");
      }
      Gauges.settled(gateway);
    }
  }

  @Test
  void earlyHintsPassAnd102DoesNot() throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.answering(
                "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        RunningGateway gateway = over(upstream.port(), "", "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      for (int i = 0; i < 2; i++) {
        RawHttp.Answer hints = client.send(GET).read();
        assertThat(hints.status()).isEqualTo(103);
        assertThat(hints.header("link")).contains("</a>");
        assertThat(client.read().text()).isEqualTo("ok");
      }
      String old =
          new String(
              client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").readToEnd(),
              StandardCharsets.ISO_8859_1);
      assertThat(old).doesNotContain("103").endsWith("ok");
    }
  }

  @Test
  void eachEventIsSeenBeforeTheNextIsSent() throws Exception {
    Semaphore next = new Semaphore(0);
    CountDownLatch closed = new CountDownLatch(1);
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              connection.send(
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
              for (int i = 0; i < 20; i++) {
                acquire(next);
                connection.send("9\r\ndata: %c\n\n\r\n".formatted((char) ('a' + i)));
              }
              if (connection.socket().getInputStream().read() < 0) {
                closed.countDown();
              }
            });
        RunningGateway gateway = over(upstream.port(), "", "")) {
      try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
        client.send(GET);
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("\r\n\r\n") < 0) {
          seen.append((char) client.socket().getInputStream().read());
        }
        for (int i = 0; i < 20; i++) {
          next.release();
          while (seen.indexOf("data: " + (char) ('a' + i) + "\n\n") < 0) {
            int b = client.socket().getInputStream().read();
            assertThat(b).isNotNegative();
            seen.append((char) b);
          }
        }
      }
      assertThat(closed.await(5, TimeUnit.SECONDS)).isTrue();
      Gauges.settled(gateway);
    }
  }

  private static void acquire(Semaphore semaphore) throws IOException {
    try {
      if (!semaphore.tryAcquire(10, TimeUnit.SECONDS)) {
        throw new IOException("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void theProxyProtocolTellsTheClientsAddress() throws Exception {
    byte[] version2 = {
      0x0D,
      0x0A,
      0x0D,
      0x0A,
      0x00,
      0x0D,
      0x0A,
      0x51,
      0x55,
      0x49,
      0x54,
      0x0A,
      0x21,
      0x11,
      0,
      12,
      (byte) 192,
      0,
      2,
      7,
      (byte) 198,
      51,
      100,
      1,
      0x10,
      0,
      0,
      80
    };
    try (ScriptedServer upstream =
            ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        RunningGateway gateway =
            over(upstream.port(), ", proxyProtocol: true, trustedProxies: [127.0.0.1]", "")) {
      for (byte[] header :
          new byte[][] {RawHttp.bytes("PROXY TCP4 192.0.2.7 198.51.100.1 4096 80\r\n"), version2}) {
        try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
          client.send(header);
          assertThat(client.send(GET).read().status()).isEqualTo(200);
          assertThat(upstream.heads().getLast())
              .containsIgnoringCase("x-forwarded-for: 192.0.2.7\r\n");
        }
      }
      int seen = upstream.heads().size();
      for (String garbage :
          new String[] {GET, "PROXY NONSENSE\r\n" + GET, "\u0016\u0003\u0001" + GET}) {
        try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
          client.send(garbage);
          assertThat(new String(client.readToEnd(), StandardCharsets.ISO_8859_1))
              .doesNotContain(" 200 ");
        }
      }
      assertThat(upstream.heads()).hasSize(seen);
    }
  }

  @Test
  void theDeadlineAnswersForAnUpstreamThatDoesNot() throws Exception {
    assertThat(silent(", timeout: 200ms", GET)).contains(" 504 ").contains("deadline_exceeded");
  }

  @Test
  void theDeadlineBeginsWithTheUploadsLastByte() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    try (ScriptedServer upstream =
            ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        RunningGateway gateway = over(upstream.port(), "", ", timeout: 300ms");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
      assertThat(left.await(900, TimeUnit.MILLISECONDS)).isFalse(); // three deadlines long
      client.send("i");
      assertThat(client.read().status()).isEqualTo(200);
    }
  }

  @Test
  void anAttemptThatTakesTooLongIsRepeated() throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              if (connection.number() > 1) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
              }
            });
        RunningGateway gateway =
            over(
                upstream.port(),
                "",
                ", retry: {attempts: 2, on: [timeout], attemptTimeout: 200ms, backoff: 1ms..2ms}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      assertThat(client.send(GET).read().text()).isEqualTo("ok");
      assertThat(upstream.heads()).hasSize(2);
      Gauges.settled(gateway);
    }
    assertThat(silent(", retry: {attempts: 1, attemptTimeout: 200ms, on: [timeout]}", GET))
        .contains(" 504 ")
        .contains("upstream_timeout");
  }

  @ParameterizedTest
  @ValueSource(strings = {", idle: 300ms", ", timeout: 200ms, totalTimeout: 300ms"})
  void anAnswerThatStopsIsCutOff(String route) throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) ->
                connection.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
        RunningGateway gateway = over(upstream.port(), "", route);
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      String all = new String(client.send(GET).readToEnd(), StandardCharsets.ISO_8859_1);
      assertThat(all).startsWith("HTTP/1.1 200 ").endsWith("3\r\nabc\r\n");
      Gauges.settled(gateway);
    }
  }

  @Test
  void theTotalTimeoutAnswersWhenNothingWasSentYet() throws Exception {
    String unfinished = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc";
    assertThat(silent(", timeout: 200ms, totalTimeout: 300ms", unfinished))
        .contains(" 504 ")
        .contains("deadline_exceeded");
  }

  private static String silent(String route, String request) throws Exception {
    try (ScriptedServer upstream = ScriptedServer.start((connection, head, body) -> {});
        RunningGateway gateway = over(upstream.port(), "", route);
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      RawHttp.Answer answer = client.send(request).read();
      Gauges.settled(gateway);
      return answer.line() + " " + answer.text();
    }
  }
}
