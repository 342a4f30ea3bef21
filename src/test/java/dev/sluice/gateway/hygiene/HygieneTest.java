package dev.sluice.gateway.hygiene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.RequestCases;
import dev.sluice.gateway.testing.ResponseCases;
import dev.sluice.gateway.testing.ResponseCases.Outcome;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ambiguous messages against the whole gateway: none gets through, none spoils a connection for the
 * next.
 */
class HygieneTest {
  private static final String SECOND = "GET /second HTTP/1.1\r\nHost: example.com\r\n\r\n";
  private static Bench bench;

  @BeforeAll
  static void start() {
    bench =
        new Bench(
            """
            listeners:
              public: {port: 0, address: 127.0.0.1}
              mixed: {port: 0, address: 127.0.0.1, h2c: true}
            routes:
              - {name: all, match: {path: "/*"}, upstream: up}
            """);
  }

  @AfterAll
  static void stop() throws IOException {
    bench.close();
  }

  static List<RequestCases.Case> requests() {
    return RequestCases.all();
  }

  /** With prior knowledge a preface is HTTP/2, not a bad request. */
  static List<RequestCases.Case> mixedRequests() {
    return RequestCases.all().stream().filter(row -> !row.name().startsWith("h2 preface")).toList();
  }

  /** Answers' heads may be larger than the table's bounds: upstreams are not strangers. */
  static List<ResponseCases.Case> answers() {
    return ResponseCases.all().stream()
        .map(row ->
            switch (row.name()) {
              case "long status line", "too many fields", "fields too large" ->
                  new ResponseCases.Case(
                      row.name(), row.method(), enlarged(row.bytes()), row.outcome());
              default -> row;
            })
        .toList();
  }

  private static String enlarged(String bytes) {
    return bytes.replace("aaaa", "aaaaaaaa").replace("X-A: b\r\n", "X-A: b\r\nX-A: b\r\n");
  }

  @ParameterizedTest
  @MethodSource("requests")
  void noAmbiguousRequestReachesTheUpstream(RequestCases.Case row) throws Exception {
    check("public", row);
  }

  @ParameterizedTest
  @MethodSource("mixedRequests")
  void noAmbiguousRequestPassesAListenerThatAlsoTakesHttp2(RequestCases.Case row) throws Exception {
    check("mixed", row);
  }

  private static void check(String listener, RequestCases.Case row) throws Exception {
    int before = bench.upstream.heads().size();
    try (RawHttp client = bench.connect(listener)) {
      try {
        client.send(row.bytes());
        if (row.closes()) {
          client.send("\r\n\r\n" + SECOND);
        }
      } catch (SocketException e) {
        assertThat(row.closes()).isTrue();
      }
      Optional<Answer> answer = client.tryRead();
      if (!row.closes()) {
        assertThat(answer).isPresent();
      }
      answer.ifPresent(given -> assertThat(row.statuses()).contains(given.status()));
      if (row.closes()) {
        assertThat(new String(client.readToEnd(), StandardCharsets.ISO_8859_1))
            .doesNotContain("HTTP/1.1 200");
      } else {
        assertThat(client.send(SECOND).read().text()).startsWith("GET /second HTTP/1.1\r\n");
      }
    }
    List<String> heads = bench.upstream.heads();
    if (row.closes()) {
      assertThat(heads.subList(before, heads.size())).noneMatch(head -> head.contains("/second"));
    }
    if (row.hidden()) {
      assertThat(heads).hasSize(before);
    }
  }

  @ParameterizedTest
  @MethodSource("answers")
  void noAmbiguousAnswerPassesAndItsConnectionServesNobodyElse(ResponseCases.Case row)
      throws Exception {
    String path = "/case/" + Integer.toHexString(row.name().hashCode());
    bench.answer(path, row.bytes());
    Optional<Answer> answer;
    try (RawHttp client = bench.connect("public")) {
      client.send(row.method() + " " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      try {
        answer = Optional.of(Bench.read(client, row.method().equals("HEAD")));
      } catch (EOFException | SocketException cutOff) {
        answer = Optional.empty();
      }
    }
    if (row.outcome() == Outcome.BROKEN) {
      answer.ifPresent(given -> {
        assertThat(given.status()).isEqualTo(502);
        assertThat(given.text()).contains("\"reason\":\"upstream_protocol_error\"");
      });
    } else {
      int status =
          Integer.parseInt(
              row.bytes().substring(row.bytes().lastIndexOf("HTTP/1.1 ") + 9).substring(0, 3));
      assertThat(answer)
          .isPresent()
          .hasValueSatisfying(given -> assertThat(given.status()).isEqualTo(status));
      if (row.method().equals("GET") && status == 200) {
        assertThat(answer.orElseThrow().text()).isIn("abc", "");
      }
    }
    Answer next = bench.ask("public", "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(next.text()).startsWith("GET /next HTTP/1.1\r\n");
    int used = Integer.parseInt(next.header("x-connection").orElseThrow());
    if (row.outcome() == Outcome.PASSED) {
      assertThat(used).isEqualTo(bench.connection(path));
    } else {
      assertThat(used).isNotEqualTo(bench.connection(path));
    }
  }

  @Test
  void thereAreAtLeastThreeHundredCases() {
    assertThat(requests().size() + answers().size()).isGreaterThanOrEqualTo(300);
  }

  @Test
  void aPrefaceInTwoPartsIsStillHttp2() throws Exception {
    try (RawHttp client = bench.connect("mixed")) {
      client.send("PRI * HT");
      client.send("TP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0");
      byte[] frame = client.socket().getInputStream().readNBytes(9);
      assertThat(frame[3]).as("type of the first frame: SETTINGS").isEqualTo((byte) 4);
    }
  }

  @Test
  void anUpgradeToHttp2IsNeverTaken() throws Exception {
    for (String listener : List.of("public", "mixed")) {
      Answer answer =
          bench.ask(
              listener,
              "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                  + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text())
          .startsWith("GET /up HTTP/1.1\r\n")
          .doesNotContainIgnoringCase("upgrade", "http2-settings");
    }
  }

  @Test
  void anUpgradeToHttp2IsNotTakenLaterOnAConnectionEither() throws Exception {
    String upgrade =
        "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    for (String listener : List.of("public", "mixed")) {
      try (RawHttp client = bench.connect(listener)) {
        assertThat(client.send(SECOND).read().status()).isEqualTo(200);
        assertThat(client.send(upgrade).read().text()).startsWith("GET /up HTTP/1.1\r\n");
        client.send(SECOND + upgrade + upgrade + SECOND);
        assertThat(client.read().text()).startsWith("GET /second HTTP/1.1\r\n");
        assertThat(client.read().text()).startsWith("GET /up HTTP/1.1\r\n");
        assertThat(client.read().text())
            .startsWith("GET /up HTTP/1.1\r\n")
            .doesNotContainIgnoringCase("upgrade", "http2-settings");
        assertThat(client.read().text()).startsWith("GET /second HTTP/1.1\r\n");
      }
    }
  }

  @Test
  void answersOfPipelinedRequestsKeepTheirOrder() throws Exception {
    try (RawHttp client = bench.connect("public")) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        all.append("GET /pipelined/").append(i).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
      }
      client.send(all.toString());
      for (int i = 0; i < 20; i++) {
        assertThat(client.read().text()).startsWith("GET /pipelined/" + i + " HTTP/1.1\r\n");
      }
    }
  }

  @Test
  void earlierRequestsAreAnsweredBeforeALaterBadOneIsRefused() throws Exception {
    try (RawHttp client = bench.connect("public")) {
      client.send(SECOND + SECOND + "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n" + SECOND);
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(client.read().status()).isEqualTo(200);
      Answer refusal = client.read();
      assertThat(refusal.status()).isEqualTo(400);
      assertThat(refusal.header("connection")).hasValue("close");
      assertThat(client.readToEnd()).isEmpty();
    }
  }
}
