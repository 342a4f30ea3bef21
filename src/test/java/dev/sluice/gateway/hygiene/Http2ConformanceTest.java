package dev.sluice.gateway.hygiene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.HpackCases;
import dev.sluice.gateway.testing.Http2Case;
import dev.sluice.gateway.testing.Http2FrameCases;
import dev.sluice.gateway.testing.Http2RequestCases;
import dev.sluice.gateway.testing.Http2StreamCases;
import dev.sluice.gateway.testing.RawHttp2;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * HTTP/2 frames and requests, good and bad, against the whole gateway, with and without TLS: each
 * is taken as RFC 9113 allows, and nothing forbidden reaches the upstream.
 */
class Http2ConformanceTest {
  /** Heads of requests that came with all of their bodies. */
  private static final Set<String> WHOLE = ConcurrentHashMap.newKeySet();

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static Certificates certificates;
  private static ScriptedServer upstream;

  /** Connections are taken by the system, and nobody reads them. */
  private static ServerSocket deaf;

  private static RunningGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    certificates = Certificates.make();
    upstream =
        ScriptedServer.start((connection, head, body) -> {
          String length = head.replaceAll("(?is).*content-length: *(\\d+).*", "$1");
          if (length.equals(head) || Integer.parseInt(length) == body.length) {
            WHOLE.add(head);
          }
          if (!head.contains(" /held")) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
    deaf = new ServerSocket();
    deaf.setReceiveBufferSize(4096);
    deaf.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    gateway =
        RunningGateway.start(
            """
            loops: 1
            listeners:
              plain: {address: 127.0.0.1, port: 0, h2c: true, http2: {streams: 10}}
              safe:
                address: 127.0.0.1
                port: 0
                http2: {streams: 10}
                tls: {certificates: [{cert: "%s", key: "%s"}]}
            upstreams:
              up: {endpoints: ["127.0.0.1:%d"], breaker: off, ejection: off}
              deaf: {endpoints: ["127.0.0.1:%d"], breaker: off, ejection: off}
            routes:
              - {name: deaf, match: {path: /deaf}, upstream: deaf}
              - {name: all, match: {path: "/*"}, upstream: up}
            """
                .formatted(
                    certificates.certificate(),
                    certificates.key(),
                    upstream.port(),
                    deaf.getLocalPort()));
  }

  @AfterAll
  static void stop() throws IOException {
    gateway.close();
    upstream.close();
    deaf.close();
  }

  static List<Http2Case> cases() {
    return Stream.of(
            Http2StreamCases.all(),
            Http2FrameCases.all(),
            Http2RequestCases.all(),
            HpackCases.all())
        .flatMap(List::stream)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isTakenAsTheRfcAllows(Http2Case row) throws Exception {
    try (RawHttp2 h2 = RawHttp2.connect(gateway.port("plain"))) {
      check(row, h2);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isTakenAsTheRfcAllowsOverTls(Http2Case row) throws Exception {
    try (RawHttp2 h2 = RawHttp2.connectTls(gateway.port("safe"), certificates.trusting())) {
      check(row, h2);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isTakenInTheSameWayWhenItComesInPieces(Http2Case row) throws Exception {
    try (RawHttp2 h2 = RawHttp2.connect(gateway.port("plain")).inPiecesOf(5)) {
      check(row, h2);
    }
  }

  private static void check(Http2Case row, RawHttp2 h2) throws Exception {
    String path = "/case" + NUMBER.incrementAndGet() + "/";
    if (row.greeted()) {
      h2.greet();
    }
    try {
      row.script().send(h2, path);
    } catch (SocketException closed) {
      // what counts is what it said before
    }
    String outcome = h2.outcome(row.stream());
    while (outcome.startsWith("ANSWER 4") && !row.allowed().contains(outcome)) {
      outcome = h2.outcome(row.stream()); // an answer may go ahead of GOAWAY, RFC 9113 §8.1.1
    }
    assertThat(row.allowed()).contains(outcome);
    if (outcome.startsWith("GOAWAY")) {
      assertThat(h2.closes()).isTrue();
    } else {
      // RFC 9113 §5.4.2: an error of a stream leaves the connection alone.
      assertThat(h2.alive()).as("after " + outcome).isTrue();
    }
    try (RawHttp2 next = RawHttp2.connect(gateway.port("plain")).greet()) {
      assertThat(next.headers(1, RawHttp2.WHOLE, RawHttp2.get("/next")).answer(1).text())
          .isEqualTo("ok");
    }
    assertThat(WHOLE).noneMatch(head -> head.contains(path));
  }

  /** RFC 9113 §6.9.1; who goes on like this breaks the connection's window, too. */
  @Test
  void dataBeyondTheWindowIsAFlowControlError() throws Exception {
    try (RawHttp2 h2 = RawHttp2.connect(gateway.port("plain")).greet()) {
      h2.headers(1, RawHttp2.END_HEADERS, RawHttp2.request("POST", "/deaf"));
      try {
        for (int i = 0; i < 2000; i++) {
          h2.frame(RawHttp2.DATA, 0, 1, new byte[16384]);
        }
      } catch (SocketException closed) {
        // what counts is what it said before
      }
      assertThat(h2.outcome(1)).isIn("RESET FLOW_CONTROL_ERROR", "GOAWAY FLOW_CONTROL_ERROR");
    }
  }

  /** RFC 9113 §8.2.3. */
  @Test
  void crumbsOfACookieAreOneCookieForAnHttp1Upstream() throws Exception {
    try (RawHttp2 h2 = RawHttp2.connect(gateway.port("plain")).greet()) {
      h2.headers(
              1,
              RawHttp2.WHOLE,
              RawHttp2.get("/crumbs", "cookie", "a=b", "x-a", "b", "cookie", "c"))
          .answer(1);
    }
    assertThat(WHOLE)
        .filteredOn(head -> head.startsWith("GET /crumbs"))
        .singleElement()
        .asString()
        .containsIgnoringCase("\r\ncookie: a=b; c\r\n");
  }

  @Test
  void nothingIsLeftUnderWay() {
    Gauges.settled(gateway);
  }

  @Test
  void theDocumentNamesEverySection() throws IOException {
    String text = Files.readString(Path.of("docs/conformance.md"));
    String table = text.substring(text.indexOf("## HTTP/2"));
    assertThat(cases())
        .allSatisfy(row -> {
          int at = row.section().indexOf('§');
          assertThat(table).containsPattern(Pattern.quote(row.section().substring(at)) + "[ ,;]");
        });
  }

  @Test
  void thereAreAtLeastTwoHundredAndThirtyCases() {
    assertThat(cases()).hasSizeGreaterThanOrEqualTo(230).doesNotHaveDuplicates();
  }
}
