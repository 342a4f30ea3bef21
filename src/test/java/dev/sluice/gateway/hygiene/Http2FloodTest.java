package dev.sluice.gateway.hygiene;

import static dev.sluice.gateway.testing.RawHttp2.CONTINUATION;
import static dev.sluice.gateway.testing.RawHttp2.DATA;
import static dev.sluice.gateway.testing.RawHttp2.END_HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.END_STREAM;
import static dev.sluice.gateway.testing.RawHttp2.HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.PING;
import static dev.sluice.gateway.testing.RawHttp2.PRIORITY;
import static dev.sluice.gateway.testing.RawHttp2.SETTINGS;
import static dev.sluice.gateway.testing.RawHttp2.WHOLE;
import static dev.sluice.gateway.testing.RawHttp2.block;
import static dev.sluice.gateway.testing.RawHttp2.bytes;
import static dev.sluice.gateway.testing.RawHttp2.get;
import static dev.sluice.gateway.testing.RawHttp2.request;
import static dev.sluice.gateway.testing.RawHttp2.word;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp2;
import dev.sluice.gateway.testing.RawHttp2.Frame;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Peers that keep an HTTP/2 connection busy with nothing (RFC 9113 §10.5), and those that do not.
 */
class Http2FloodTest {
  private static final int RESETS = 50;
  private static final int MANY = 5000;
  private static Certificates certificates;
  private static ScriptedServer upstream;
  private static RunningGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    certificates = Certificates.make();
    upstream =
        ScriptedServer.start((connection, head, body) -> {
          if (head.startsWith("GET /large")) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            connection.send("x".repeat(1_000_000));
          } else if (!head.contains(" /held")) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
    gateway =
        RunningGateway.start(
            """
            loops: 1
            listeners:
              web: {address: 127.0.0.1, port: 0, h2c: true, http2: {resets: %d, resetWindow: 1h}}
              safe: {address: 127.0.0.1, port: 0, tls: {certificates: [{cert: "%s", key: "%s"}]}}
            upstreams:
              up: {endpoints: ["127.0.0.1:%d"], breaker: off, ejection: off}
            routes:
              - {name: stalled, match: {path: /large/stalled}, upstream: up, idle: 300ms}
              - {name: all, match: {path: "/*"}, upstream: up}
            """
                .formatted(
                    RESETS, certificates.certificate(), certificates.key(), upstream.port()));
  }

  @AfterAll
  static void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  @AfterEach
  void nothingIsLeft() {
    Gauges.settled(gateway);
  }

  private static RawHttp2 greet() throws IOException {
    return RawHttp2.connect(gateway.port("web")).greet();
  }

  /** Sends frames until the server hangs up, and tells what it said. */
  private static String told(RawHttp2 h2, byte[] frames) throws IOException {
    try {
      h2.send(frames);
    } catch (SocketException closed) {
      // what counts is what it said before
    }
    Frame frame = h2.until(next -> next.type() == RawHttp2.GOAWAY);
    String code = frame == null ? "CLOSED" : frame.code();
    assertThat(h2.closes()).isTrue();
    return code;
  }

  /** CVE-2023-44487. */
  @Test
  void requestsThatAreResetAtOnceEndTheConnection() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int stream = 1; stream < 4 * RESETS; stream += 2) {
      all.writeBytes(bytes(HEADERS, WHOLE, stream, block(get("/held"))));
      all.writeBytes(bytes(RawHttp2.RST_STREAM, 0, stream, word(8)));
    }
    try (RawHttp2 h2 = greet()) {
      assertThat(told(h2, all.toByteArray())).isEqualTo("ENHANCE_YOUR_CALM");
    }
  }

  /** CVE-2025-8671: the peer makes this side reset. */
  @Test
  void resetsThatTheClientProvokesEndTheConnection() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int stream = 1; stream < 4 * RESETS; stream += 2) {
      all.writeBytes(bytes(HEADERS, WHOLE, stream, block(get("/held"))));
      all.writeBytes(bytes(RawHttp2.WINDOW_UPDATE, 0, stream, word(0)));
    }
    try (RawHttp2 h2 = greet()) {
      assertThat(told(h2, all.toByteArray())).isEqualTo("ENHANCE_YOUR_CALM");
    }
  }

  /** CVE-2024-27316 and its like. */
  @Test
  void aBlockWithoutEndEndsTheConnection() throws Exception {
    for (int size : new int[] {0, 1, 100, 16_384}) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      byte[] part = new byte[size];
      all.writeBytes(bytes(HEADERS, END_STREAM, 1, block(get("/never"))));
      for (int i = 0; i < 100; i++) {
        all.writeBytes(bytes(CONTINUATION, 0, 1, part));
      }
      try (RawHttp2 h2 = greet()) {
        assertThat(told(h2, all.toByteArray())).isIn("ENHANCE_YOUR_CALM", "PROTOCOL_ERROR");
      }
    }
    assertThat(upstream.heads()).noneMatch(head -> head.contains("/never"));
  }

  static List<byte[]> uselessFrames() {
    return List.of(
        bytes(PING, 0, 0, new byte[8]),
        bytes(PING, 1, 0, new byte[8]),
        bytes(SETTINGS, 0, 0),
        bytes(SETTINGS, 1, 0),
        bytes(SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 1}),
        bytes(PRIORITY, 0, 1, new byte[5]),
        bytes(0xbb, 0, 0, new byte[5]),
        bytes(RawHttp2.WINDOW_UPDATE, 0, 0, word(1)),
        bytes(RawHttp2.WINDOW_UPDATE, 0, 1, word(1)),
        bytes(RawHttp2.RST_STREAM, 0, 1, word(8)));
  }

  @ParameterizedTest
  @MethodSource("uselessFrames")
  void framesWithoutUseEndTheConnection(byte[] frame) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < MANY; i++) {
      all.writeBytes(frame);
    }
    try (RawHttp2 h2 = greet()) {
      h2.headers(1, WHOLE, get("/first")).answer(1);
      assertThat(told(h2, all.toByteArray())).isEqualTo("ENHANCE_YOUR_CALM");
    }
  }

  @Test
  void emptyDataWithoutEndEndsTheConnection() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(bytes(HEADERS, END_HEADERS, 1, block(request("POST", "/held"))));
    for (int i = 0; i < MANY; i++) {
      all.writeBytes(bytes(DATA, 0, 1));
    }
    try (RawHttp2 h2 = greet()) {
      assertThat(told(h2, all.toByteArray())).isEqualTo("ENHANCE_YOUR_CALM");
    }
  }

  @Test
  void aClientThatOpensNoWindowIsResetWhenTheRouteIsIdle() throws Exception {
    try (RawHttp2 h2 = RawHttp2.connect(gateway.port("web")).greet(4, 0)) {
      h2.headers(1, WHOLE, get("/large/stalled"));
      Frame reset = h2.until(frame -> frame.type() == RawHttp2.RST_STREAM);
      assertThat(Objects.requireNonNull(reset).stream()).isEqualTo(1);
      assertThat(h2.alive()).isTrue();
    }
  }

  /**
   * SETTINGS open the windows of streams whose bytes wait; these fill the channel at once, and TLS
   * tells of that later.
   */
  @Test
  void aWindowThatIsOpenedWhileTheChannelFillsIsNotForgotten() throws Exception {
    for (int round = 0; round < 5; round++) {
      try (RawHttp2 h2 =
          RawHttp2.connectTls(gateway.port("safe"), certificates.trusting()).greet(4, 10_000)) {
        h2.window(0, 50_000_000);
        for (int stream = 1; stream < 12; stream += 2) {
          h2.headers(stream, WHOLE, get("/large"));
        }
        int read = 0;
        while (read < 60_000) {
          Frame frame = Objects.requireNonNull(h2.next());
          read += frame.type() == DATA ? frame.payload().length : 0;
        }
        assertThat(h2.alive()).isTrue();
        h2.settings(4, 10_000_000);
        int ended = 0;
        while (ended < 6) {
          Frame frame = Objects.requireNonNull(h2.next());
          read += frame.type() == DATA ? frame.payload().length : 0;
          ended += frame.type() == DATA && frame.has(END_STREAM) ? 1 : 0;
        }
        assertThat(read).isEqualTo(6_000_000);
      }
    }
  }

  @Test
  void whatWasOnItsWayToStreamsThatWereResetIsNoFlood() throws Exception {
    try (RawHttp2 h2 = greet()) {
      for (int stream = 1; stream < RESETS; stream += 2) {
        h2.headers(stream, END_HEADERS, request("POST", "/bad", "X-Bad", "a"));
        assertThat(h2.outcome(stream)).isEqualTo("RESET PROTOCOL_ERROR");
        for (int i = 0; i < 20; i++) {
          h2.frame(DATA, 0, stream, new byte[1000]);
        }
        h2.reset(stream);
      }
      assertThat(h2.alive()).isTrue();
      int last = 2 * RESETS + 1;
      // The connection's window is whole again.
      h2.headers(last, END_HEADERS, request("POST", "/good"));
      for (int i = 0; i < 60; i++) {
        h2.frame(DATA, i == 59 ? END_STREAM : 0, last, new byte[4096]);
      }
      assertThat(h2.answer(last).text()).isEqualTo("ok");
    }
  }

  @Test
  void aBusyClientThatPingsAndOpensWindowsIsNoFlood() throws Exception {
    try (RawHttp2 h2 = greet()) {
      for (int stream = 1; stream < 6000; stream += 2) {
        h2.headers(stream, WHOLE, get("/busy")).ping().window(0, 2).window(stream, 2);
        assertThat(h2.answer(stream).status()).isEqualTo("200");
      }
      assertThat(h2.alive()).isTrue();
    }
  }
}
