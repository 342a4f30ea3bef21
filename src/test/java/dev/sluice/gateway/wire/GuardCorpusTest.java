package dev.sluice.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.http.MessageScanner;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RequestCases;
import dev.sluice.gateway.wire.Connections.Violation;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GuardCorpusTest {
  private static final String GET = "GET /first HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final AtomicInteger SEEN = new AtomicInteger();
  private static Vertx vertx;
  private static HttpServer server;
  private static HttpServer hasty;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    server = listen(Duration.ofSeconds(10), Duration.ofSeconds(10));
    hasty = listen(Duration.ofMillis(200), Duration.ofMillis(200));
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static HttpServer listen(Duration header, Duration keepAlive) throws Exception {
    var settings =
        new Http1RequestGuard.Settings(
            MessageScanner.Limits.DEFAULT, header, keepAlive, SystemTicker.INSTANCE);
    return vertx
        .createHttpServer(
            new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                .setMaxHeaderSize(64 << 10)
                .setMaxInitialLineLength(16 << 10))
        .connectionHandler(connection -> Http1RequestGuard.install(connection, settings))
        .invalidRequestHandler(request -> {
          Violation violation = Violation.of(request.connection());
          request
              .response()
              .setStatusCode(violation == null ? 599 : violation.failure().status())
              .end();
        })
        .requestHandler(request -> {
          SEEN.incrementAndGet();
          request.body().onSuccess(body -> request.response().end(body));
        })
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  static List<RequestCases.Case> cases() {
    return RequestCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void answersAsTheTableSays(RequestCases.Case row) throws Exception {
    check(row, row.bytes().length());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void answersTheSameWhenTheBytesComeInTwoParts(RequestCases.Case row) throws Exception {
    check(row, row.bytes().length() / 2);
  }

  private static void check(RequestCases.Case row, int split) throws Exception {
    SEEN.set(0);
    try (RawHttp client = RawHttp.connect(server.actualPort())) {
      client.send(row.bytes().substring(0, split));
      try {
        client.send(row.bytes().substring(split));
        if (row.closes()) {
          client.send("\r\n\r\n" + GET);
        }
      } catch (java.net.SocketException e) {
        assertThat(row.closes()).isTrue();
      }
      Optional<RawHttp.Answer> answer = client.tryRead();
      if (!row.closes()) {
        assertThat(answer).isPresent();
      }
      answer.ifPresent(given -> assertThat(row.statuses()).contains(given.status()));
      if (row.closes()) {
        assertThat(new String(client.readToEnd(), java.nio.charset.StandardCharsets.ISO_8859_1))
            .doesNotContain("HTTP/1.1 200");
      } else {
        assertThat(client.send(GET).read().status()).isEqualTo(200);
      }
    }
    if (row.hidden()) {
      assertThat(SEEN).hasValue(0);
    }
  }

  @Test
  void answersEarlierRequestsBeforeItRefusesALaterOne() throws Exception {
    try (RawHttp client = RawHttp.connect(server.actualPort())) {
      client.send(GET + GET + "GET /\0 HTTP/1.1\r\n\r\n" + GET);
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(client.read().status()).isEqualTo(400);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void answers408WhenAHeadIsNotCompleteInTime() throws Exception {
    try (RawHttp client = RawHttp.connect(hasty.actualPort())) {
      client.send("GET / HTTP/1.1\r\n");
      assertThat(client.read().status()).isEqualTo(408);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void answers408ForTheSecondHeadToo() throws Exception {
    try (RawHttp client = RawHttp.connect(hasty.actualPort())) {
      assertThat(client.send(GET).read().status()).isEqualTo(200);
      assertThat(client.send("GET / HT").read().status()).isEqualTo(408);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void closesASilentConnectionWithoutAWord() throws Exception {
    try (RawHttp client = RawHttp.connect(hasty.actualPort())) {
      assertThat(client.readToEnd()).isEmpty();
    }
    try (RawHttp client = RawHttp.connect(hasty.actualPort())) {
      assertThat(client.send(GET).read().status()).isEqualTo(200);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void holdsAtLeastAHundredAndSeventyFiveCases() {
    assertThat(cases())
        .hasSizeGreaterThanOrEqualTo(175)
        .extracting(RequestCases.Case::name)
        .doesNotHaveDuplicates();
  }
}
