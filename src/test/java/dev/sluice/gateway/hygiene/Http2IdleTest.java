package dev.sluice.gateway.hygiene;

import static dev.sluice.gateway.testing.RawHttp2.END_HEADERS;
import static dev.sluice.gateway.testing.RawHttp2.END_STREAM;
import static dev.sluice.gateway.testing.RawHttp2.GOAWAY;
import static dev.sluice.gateway.testing.RawHttp2.WHOLE;
import static dev.sluice.gateway.testing.RawHttp2.get;
import static dev.sluice.gateway.testing.RawHttp2.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp2;
import dev.sluice.gateway.testing.RawHttp2.Frame;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 connections that say nothing, with and without TLS, each end in their time. */
class Http2IdleTest {
  private static volatile CountDownLatch held = new CountDownLatch(0);
  private static Certificates certificates;
  private static ScriptedServer upstream;
  private static RunningGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    certificates = Certificates.make();
    upstream =
        ScriptedServer.start((connection, head, body) -> {
          try {
            if (!head.contains("/held") || held.await(20, TimeUnit.SECONDS)) {
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    String limits = "headerTimeout: 400ms, keepAlive: 200ms";
    String patient = "headerTimeout: 400ms, keepAlive: 1h";
    String tls =
        "tls: {certificates: [{cert: \"%s\", key: \"%s\"}]}"
            .formatted(certificates.certificate(), certificates.key());
    gateway =
        RunningGateway.start(
            """
            listeners:
              plain: {address: 127.0.0.1, port: 0, h2c: true, %s}
              safe: {address: 127.0.0.1, port: 0, %s, %s}
              plainPatient: {address: 127.0.0.1, port: 0, h2c: true, %s}
              safePatient: {address: 127.0.0.1, port: 0, %s, %s}
            upstreams:
              up: {endpoints: ["127.0.0.1:%d"], breaker: off, ejection: off}
            routes:
              - {name: all, match: {path: "/*"}, upstream: up}
            """
                .formatted(limits, limits, tls, patient, patient, tls, upstream.port()));
  }

  @AfterAll
  static void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  private static RawHttp2 connect(String listener) throws Exception {
    int port = gateway.port(listener);
    return listener.startsWith("safe")
        ? RawHttp2.connectTls(port, certificates.trusting())
        : RawHttp2.connect(port);
  }

  private static void saysGoodbyeAndCloses(RawHttp2 h2, String code) throws IOException {
    Frame frame = Objects.requireNonNull(h2.until(next -> next.type() == GOAWAY));
    assertThat(frame.code()).isEqualTo(code);
    assertThat(h2.closes()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"plainPatient", "safePatient"})
  void aConnectionThatSaysNothingIsClosed(String listener) throws Exception {
    try (RawHttp2 h2 = connect(listener)) {
      assertThat(h2.closes()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plainPatient", "safePatient"})
  void aPrefaceWithoutSettingsIsNotWaitedForLonger(String listener) throws Exception {
    try (RawHttp2 h2 = connect(listener)) {
      saysGoodbyeAndCloses(h2.magic(), "NO_ERROR");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plainPatient", "safePatient"})
  void halfASettingsFrameIsNotEnough(String listener) throws Exception {
    try (RawHttp2 h2 = connect(listener)) {
      h2.magic().send(new byte[] {0, 0, 6, 4, 0});
      saysGoodbyeAndCloses(h2, "NO_ERROR");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "safe"})
  void aConnectionWithoutStreamsEndsAfterItsKeepAlive(String listener) throws Exception {
    try (RawHttp2 h2 = connect(listener)) {
      saysGoodbyeAndCloses(h2.greet(), "NO_ERROR");
    }
    try (RawHttp2 h2 = connect(listener)) {
      assertThat(h2.greet().headers(1, WHOLE, get("/")).answer(1).text()).isEqualTo("ok");
      saysGoodbyeAndCloses(h2, "NO_ERROR");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "safe"})
  void aConnectionWithAStreamLivesOn(String listener) throws Exception {
    held = new CountDownLatch(1);
    try (RawHttp2 h2 = connect(listener)) {
      h2.greet().headers(1, WHOLE, get("/held"));
      // Others that began later and have no stream end meanwhile, two after each other.
      for (int i = 0; i < 2; i++) {
        try (RawHttp2 idle = connect(listener)) {
          saysGoodbyeAndCloses(idle.greet(), "NO_ERROR");
        }
      }
      held.countDown();
      assertThat(h2.answer(1).text()).isEqualTo("ok");
      saysGoodbyeAndCloses(h2, "NO_ERROR");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plainPatient", "safePatient"})
  void aHeadWithoutEndIsNotWaitedForLong(String listener) throws Exception {
    try (RawHttp2 h2 = connect(listener)) {
      saysGoodbyeAndCloses(h2.greet().headers(1, END_STREAM, get("/never")), "ENHANCE_YOUR_CALM");
    }
    assertThat(upstream.heads()).noneMatch(head -> head.contains("/never"));
  }

  @Test
  void aHeadWithoutEndDoesNotHideBehindAnOpenStream() throws Exception {
    held = new CountDownLatch(1);
    try (RawHttp2 h2 = connect("plainPatient")) {
      h2.greet()
          .headers(1, END_HEADERS, request("POST", "/held"))
          .headers(3, END_STREAM, get("/never"));
      saysGoodbyeAndCloses(h2, "ENHANCE_YOUR_CALM");
    } finally {
      held.countDown();
    }
    Gauges.settled(gateway);
  }
}
