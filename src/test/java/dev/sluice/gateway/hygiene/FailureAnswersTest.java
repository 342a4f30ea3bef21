package dev.sluice.gateway.hygiene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gateway's own answers: status, reason, form. */
class FailureAnswersTest {
  private static Bench bench;
  @TempDir static Path folder;

  /** One case: a request and what is answered. */
  record Case(String name, String request, int status, String reason, boolean closes) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void start() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    Files.writeString(folder.resolve("sorry.html"), "<p>sorry</p>");
    bench =
        new Bench(
            """
              dead: {endpoints: ["127.0.0.1:%d"], breaker: off, ejection: off}
            listeners:
              public: {port: 0, address: 127.0.0.1}
              hasty: {port: 0, address: 127.0.0.1, headerTimeout: 150ms, keepAlive: 150ms, bodyIdle: 150ms}
            routes:
              - {name: all, match: {path: "/*", methods: [GET, HEAD, POST, PUT, OPTIONS]}, upstream: up}
              - {name: only, match: {path: /only, methods: [GET, PUT]}, upstream: up}
              - {name: host, match: {path: "/hosted", hosts: [known.example]}, respond: {status: 200, text: ok}}
              - {name: dead, match: {path: /dead}, upstream: dead}
              - {name: late, match: {path: /late}, upstream: up, timeout: 100ms}
              - {name: small, match: {path: /small}, upstream: up, filters: [{requestSize: 4B}]}
              - {name: paged, match: {path: /paged}, upstream: dead, errors: {5xx: "%s"}}
            """
                .formatted(closed, folder.resolve("sorry.html")));
  }

  @AfterAll
  static void stop() throws IOException {
    bench.close();
  }

  private static String get(String target, String headers) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String target :
        List.of(
            "/..",
            "/../a",
            "/a/../../b",
            "/%2e%2e/a",
            "/.%2E/a",
            "/a/..%2f..%2fb",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/%00",
            "/a%0",
            "/a%",
            "/a%zz",
            "/%g0",
            "*",
            "a",
            "ftp://a/",
            "http://b/",
            "http://a:81/",
            "http:///a",
            "http://u@a/",
            "/a/..;/b",
            "/a/%2e%2e;x/b",
            "//%2e%2e/%2e%2e/a")) {
      cases.add(new Case("target " + target, get(target, ""), 400, "bad_request", false));
    }
    for (String host :
        List.of(
            "", "a b", "a,b", "a/b", "a@b", "a:b", "a:", "a:0", "a:65536", "a:-1", "[::1", "::1",
            "[g]", "a..b", ".a", "a\\b", "a%2fb", "a?b", "a#b", "<a>", "'a'", "[]", "[::1]x")) {
      cases.add(
          new Case(
              "Host " + host,
              "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
              400,
              "bad_request",
              true));
    }
    cases.add(new Case("no Host", "GET / HTTP/1.1\r\n\r\n", 400, "bad_request", true));
    cases.add(new Case("two Hosts", get("/", "Host: a\r\n"), 400, "bad_request", true));
    cases.add(new Case("two different Hosts", get("/", "Host: b\r\n"), 400, "bad_request", true));
    cases.add(
        new Case("expectation", get("/", "Expect: 200-ok\r\n"), 417, "expectation_failed", false));
    cases.add(
        new Case(
            "second expectation",
            get("/", "Expect: 100-continue\r\nExpect: x\r\n"),
            417,
            "expectation_failed",
            false));
    cases.add(
        new Case(
            "method not taken",
            "DELETE /only HTTP/1.1\r\nHost: a\r\n\r\n",
            405,
            "method_not_allowed",
            false));
    cases.add(
        new Case("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed", false));
    cases.add(
        new Case(
            "CONNECT",
            "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
            501,
            "not_implemented",
            false));
    cases.add(
        new Case(
            "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 501, "not_implemented", false));
    cases.add(new Case("long target", get("/" + "a".repeat(9000), ""), 414, "uri_too_long", true));
    cases.add(
        new Case(
            "large header",
            get("/", "X-A: " + "a".repeat(40_000) + "\r\n"),
            431,
            "headers_too_large",
            true));
    cases.add(
        new Case(
            "large body",
            "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
            413,
            "body_too_large",
            false));
    cases.add(new Case("dead upstream", get("/dead", ""), 502, "connect_failed", false));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aFailureNamesItsReasonAndTheRequest(Case row) throws Exception {
    int before = bench.upstream.heads().size();
    try (RawHttp client = bench.connect("public")) {
      Answer answer = client.send(row.request()).read();
      assertThat(answer.status()).as(answer.text()).isEqualTo(row.status());
      assertThat(answer.header("content-type")).hasValue("application/problem+json");
      JsonObject problem = new JsonObject(answer.text());
      assertThat(problem.getString("reason")).isEqualTo(row.reason());
      assertThat(problem.getInteger("status")).isEqualTo(row.status());
      assertThat(problem.getString("detail", "")).as("inner addresses").doesNotContain("127.0.0.1");
      assertThat(problem.getString("requestId"))
          .isNotEmpty()
          .isEqualTo(answer.header("x-request-id").orElse(null));
      if (row.status() == 405) {
        assertThat(answer.header("allow").orElseThrow()).contains("GET");
      }
      if (row.closes()) {
        assertThat(answer.header("connection")).hasValue("close");
        assertThat(client.readToEnd()).isEmpty();
      }
    }
    assertThat(bench.upstream.heads()).hasSize(before);
  }

  @Test
  void anUnknownHostIsNotAnsweredByAnotherHostsRoute() throws Exception {
    assertThat(
            bench.ask("public", "GET /hosted HTTP/1.1\r\nHost: KNOWN.example.:80\r\n\r\n").text())
        .isEqualTo("ok");
    assertThat(bench.ask("public", "GET /hosted HTTP/1.1\r\nHost: other.example\r\n\r\n").text())
        .startsWith("GET /hosted");
  }

  @Test
  void anAnswerThatComesTooLateIs504() throws Exception {
    bench.answer("/late", "HTTP/1.1 100 Continue\r\n\r\n");
    Answer answer = bench.ask("public", get("/late", ""));
    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.text()).contains("\"reason\":\"deadline_exceeded\"");
    assertThat(answer.text()).contains("no answer from upstream ").doesNotContain("127.0.0.1");
  }

  @Test
  void aSlowHeadAndASlowBodyAre408AndASilentConnectionIsClosed() throws Exception {
    try (RawHttp client = bench.connect("hasty")) {
      Answer answer = client.send("GET / HTTP/1.1\r\nHost:").read();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.text()).contains("\"reason\":\"request_timeout\"", "\"requestId\"");
      assertThat(client.readToEnd()).isEmpty();
    }
    try (RawHttp client = bench.connect("hasty")) {
      assertThat(
              client
                  .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
                  .read()
                  .status())
          .isEqualTo(408);
      assertThat(client.readToEnd()).isEmpty();
    }
    try (RawHttp client = bench.connect("hasty")) {
      assertThat(client.send(get("/", "")).read().status()).isEqualTo(200);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void aBrowserGetsAPageAndAProgramDoesNot() throws Exception {
    String browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
    Answer page = bench.ask("public", get("/dead", browser));
    assertThat(page.header("content-type")).hasValue("text/html; charset=utf-8");
    assertThat(page.text())
        .contains("502", "connect_failed", page.header("x-request-id").orElseThrow());
    for (String accept :
        List.of(
            "*/*", "application/json", "text/html;q=0, */*", "text/html;q=0.4, application/json")) {
      assertThat(
              bench
                  .ask("public", get("/dead", "Accept: " + accept + "\r\n"))
                  .header("content-type"))
          .hasValue("application/problem+json");
    }
  }

  @Test
  void aRoutesOwnPageTakesTheProblemsPlace() throws Exception {
    Answer answer = bench.ask("public", get("/paged", ""));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.header("content-type").orElseThrow()).startsWith("text/html");
    assertThat(answer.text()).isEqualTo("<p>sorry</p>");
  }

  @Test
  void aFailureOfHeadHasNoBody() throws Exception {
    try (RawHttp client = bench.connect("public")) {
      Answer answer = client.send("HEAD /dead HTTP/1.1\r\nHost: a\r\n\r\n").read(true);
      assertThat(answer.status()).isEqualTo(502);
      assertThat(Integer.parseInt(answer.header("content-length").orElseThrow())).isPositive();
      assertThat(client.send(get("/after", "")).read().text()).startsWith("GET /after ");
    }
  }

  @Test
  void anUnaskedUpgradeOfTheUpstreamIs502() throws Exception {
    bench.answer(
        "/case/101",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    Answer answer = bench.ask("public", get("/case/101", "Connection: upgrade\r\nUpgrade: x\r\n"));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.text()).contains("upstream_protocol_error");
  }
}
