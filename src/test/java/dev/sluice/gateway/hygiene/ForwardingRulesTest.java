package dev.sluice.gateway.hygiene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What of a good request the upstream sees, and what of a good answer the client sees. */
class ForwardingRulesTest {
  private static Bench bench;

  /**
   * One case: lines that the other side must see; with {@code !} beginnings of lines that it must
   * not see.
   *
   * @param listener who is asked
   */
  record Case(String name, String listener, String message, String... lines) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void start() {
    bench =
        new Bench(
            """
            listeners:
              public: {port: 0, address: 127.0.0.1}
              inner: {port: 0, address: 127.0.0.1, trustedProxies: [127.0.0.1/32]}
              mixed: {port: 0, address: 127.0.0.1, h2c: true}
            routes:
              - {name: all, match: {path: "/*"}, upstream: up}
              - {name: coded, match: {path: "/coded/*"}, upstream: up, encodedSlash: true}
              - {name: moved, match: {path: "/{area}/moved/*"}, upstream: up, encodedSlash: true, rewrite: {path: "/new/{area}/{*}"}}
              - {name: standard, match: {path: "/standard/*"}, upstream: up, forwarded: true}
            """);
  }

  @AfterAll
  static void stop() throws IOException {
    bench.close();
  }

  static List<Case> requests() {
    List<Case> cases = new ArrayList<>();
    String[][] stripped = {
      {"Keep-Alive: timeout=5", "!keep-alive:"},
      {"Proxy-Connection: keep-alive", "!proxy-connection:"},
      {"TE: trailers", "!te:"},
      {"TE: gzip;q=0.5", "!te:"},
      {"Proxy-Authorization: Basic eA==", "!proxy-authorization:"},
      {"Proxy-Authenticate: Basic", "!proxy-authenticate:"},
      {"HTTP2-Settings: AAMAAABk", "!http2-settings:"},
      {"Connection: close", "!connection: close"},
      {"Connection: keep-alive", "!connection: keep"},
      {"Connection: x-own\r\nX-Own: 1\r\nX-Other: 2", "!x-own:", "x-other: 2"},
      {"Connection: x-a, , X-B ,\r\nX-A: 1\r\nX-B: 2", "!x-a:", "!x-b:"},
      {"Connection: x-a\r\nConnection: x-b\r\nX-A: 1\r\nX-B: 2", "!x-a:", "!x-b:"},
      {"Connection: X-OWN\r\nx-own: 1\r\nX-Own: 2", "!x-own:"},
      {"Connection: host", "host: example.com"},
      {"Connection: authorization\r\nAuthorization: Basic eA==", "authorization: Basic eA=="},
      {"Connection: cookie\r\nCookie: a=b", "cookie: a=b"},
      {"Connection: x-forwarded-for", "x-forwarded-for: 127.0.0.1"},
      {"Connection: x-request-id, traceparent, via", "via: 1.1 sluice"},
      {"Connection: upgrade\r\nUpgrade: foo/1", "!upgrade:", "!connection: upgrade"},
      {
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "!upgrade:",
        "!http2-settings:"
      },
      {"Connection: Upgrade\r\nUpgrade: h2c", "!upgrade:"},
      {"Connection: Upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1", "!upgrade:"},
      {"X-Forwarded-For: 1.2.3.4", "x-forwarded-for: 127.0.0.1", "!x-forwarded-for: 1.2"},
      {
        "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8",
        "x-forwarded-for: 127.0.0.1",
        "!x-forwarded-for: 5"
      },
      {"X-Forwarded-Proto: https", "x-forwarded-proto: http"},
      {"X-Forwarded-Host: evil", "x-forwarded-host: example.com"},
      {"X-Real-IP: 1.2.3.4", "!x-real-ip:"},
      {"X-Forwarded-Port: 1", "!x-forwarded-port:"},
      {"X-Forwarded-Prefix: /x", "!x-forwarded-prefix:"},
      {"Forwarded: for=1.2.3.4", "!forwarded:"},
      {"X-Request-Id: given", "!x-request-id: given"},
      {"Via: 1.0 first", "via: 1.0 first, 1.1 sluice"},
      {"Via: 1.0 a\r\nVia: 1.1 b", "via: 1.0 a, 1.1 b, 1.1 sluice"},
      {
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\ntracestate: a=b",
        "tracestate: a=b"
      },
      {"traceparent: junk\r\ntracestate: a=b", "!traceparent: junk", "!tracestate:"},
      {
        "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "!traceparent: 00-00000000000000000000000000000000"
      },
      {"User-Agent: curl/8", "user-agent: curl/8"},
      {"Accept-Encoding: br", "accept-encoding: br"},
      {"Cookie: a=b; c=\"d\"", "cookie: a=b; c=\"d\""},
      {"X-A: 1\r\nX-A: 2", "x-a: 1", "x-a: 2"},
      {"Range: bytes=0-1", "range: bytes=0-1"},
      {"If-None-Match: \"x\"", "if-none-match: \"x\""},
      {"Expect: 100-continue\r\nContent-Length: 0", "content-length: 0"},
    };
    for (String listener : List.of("public", "mixed")) {
      for (String[] row : stripped) {
        cases.add(
            new Case(
                listener + ": " + row[0].replace("\r\n", " | "),
                listener,
                "GET /s HTTP/1.1\r\nHost: example.com\r\n" + row[0] + "\r\n\r\n",
                java.util.Arrays.copyOfRange(row, 1, row.length)));
      }
    }
    String[][] trusted = {
      {"X-Forwarded-For: 1.2.3.4", "x-forwarded-for: 1.2.3.4, 127.0.0.1"},
      {
        "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8",
        "x-forwarded-for: 1.2.3.4, 5.6.7.8, 127.0.0.1"
      },
      {"X-Forwarded-Proto: https", "x-forwarded-proto: https"},
      {"X-Forwarded-Host: front", "x-forwarded-host: front"},
      {"X-Request-Id: given", "x-request-id: given"},
      {"X-Request-Id: " + "a".repeat(129), "!x-request-id: aaaa"},
      {"X-Real-IP: 1.2.3.4", "x-real-ip: 1.2.3.4"},
    };
    for (String[] row : trusted) {
      cases.add(
          new Case(
              "trusted: " + row[0].replace("\r\n", " | "),
              "inner",
              "GET /s HTTP/1.1\r\nHost: example.com\r\n" + row[0] + "\r\n\r\n",
              java.util.Arrays.copyOfRange(row, 1, row.length)));
    }
    String own = "for=127.0.0.1;host=example.com;proto=http";
    cases.add(new Case("Forwarded made", "public", get("/standard/x", ""), "forwarded: " + own));
    cases.add(
        new Case(
            "Forwarded replaced",
            "public",
            get("/standard/x", "Forwarded: for=9.9.9.9\r\n"),
            "forwarded: " + own));
    cases.add(
        new Case(
            "Forwarded appended",
            "inner",
            get("/standard/x", "Forwarded: for=9.9.9.9\r\n"),
            "forwarded: for=9.9.9.9, " + own));
    String[][] paths = {
      {"/a/../b", "/b"},
      {"/a/./b", "/a/b"},
      {"/a/b/..", "/a/"},
      {"/a/.", "/a/"},
      {"/%61", "/a"},
      {"/a/%2e%2e/b", "/b"},
      {"/a/%2E/b", "/a/b"},
      {"/a/.%2e/b", "/b"},
      {"/%7euser", "/~user"},
      {"/a%20b", "/a%20b"},
      {"/a%c3%a9", "/a%C3%A9"},
      {"/a//b", "/a//b"},
      {"/a%3fb", "/a%3Fb"},
      {"/a%25b", "/a%25b"},
      {"/a%252e%252e", "/a%252e%252e"},
      {"/a?b=/../c", "/a?b=/../c"},
      {"/a?", "/a?"},
      {"/a?b?c", "/a?b?c"},
      {"/a;p=1/b", "/a;p=1/b"},
      {"/{x}", "/%7Bx%7D"},
      {"/...", "/..."},
      {"/.a", "/.a"},
      {"/coded/a%2fb", "/coded/a%2Fb"},
      {"/coded/a%5cb", "/coded/a%5Cb"},
      {"/x/moved/a%2fb/c%20%25d", "/new/x/a%2Fb/c%20%25d"},
      {"/x/moved/", "/new/x/"},
      {"/x/moved", "/new/x/"},
      {"http://example.com/a/../b?q", "/b?q"},
      {"http://example.com", "/"},
      {"http://example.com?q", "/?q"},
      {"HTTP://EXAMPLE.com/a", "/a"},
    };
    for (String[] row : paths) {
      cases.add(
          new Case("path: " + row[0], "public", get(row[0], ""), "GET " + row[1] + " HTTP/1.1"));
    }
    for (String method :
        List.of(
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "QUERY", "PURGE")) {
      cases.add(
          new Case(
              "method: " + method,
              "public",
              method + " /m HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\n\r\nhi",
              method + " /m HTTP/1.1",
              "content-length: 2",
              "hi"));
    }
    cases.add(
        new Case(
            "HTTP/1.0 without Host",
            "public",
            "GET /old HTTP/1.0\r\n\r\n",
            "GET /old HTTP/1.1",
            "host: 127.0.0.1:" + bench.upstream.port(),
            "!x-forwarded-host:"));
    cases.add(
        new Case(
            "Host kept as it came",
            "public",
            "GET / HTTP/1.1\r\nHost: Example.COM:81\r\n\r\n",
            "Host: Example.COM:81"));
    return cases;
  }

  private static String get(String target, String headers) {
    return "GET " + target + " HTTP/1.1\r\nHost: example.com\r\n" + headers + "\r\n";
  }

  @ParameterizedTest
  @MethodSource("requests")
  void theUpstreamSeesWhatItShould(Case row) throws Exception {
    Answer answer = bench.ask(row.listener(), row.message());
    assertThat(answer.status()).isEqualTo(200);
    assertLines(answer.text(), row.lines());
  }

  static List<Case> answers() {
    List<Case> cases = new ArrayList<>();
    String[][] rows = {
      {"Connection: x-own\r\nX-Own: 1\r\nX-Other: 2", "!x-own:", "X-Other: 2"},
      {"Keep-Alive: timeout=5", "!keep-alive:"},
      {"Proxy-Authenticate: Basic", "!proxy-authenticate:"},
      {"Proxy-Connection: close", "!proxy-connection:"},
      {"Upgrade: h2c", "!upgrade:"},
      {"Connection: close", "!connection: close"},
      {"Server: nginx/1", "Server: nginx/1"},
      {"Via: 1.1 inner", "via: 1.1 inner, 1.1 sluice"},
      {"X-A: 1", "via: 1.1 sluice", "!server:"},
      {"Set-Cookie: a=b\r\nSet-Cookie: c=d", "Set-Cookie: a=b", "Set-Cookie: c=d"},
      {"Connection: set-cookie\r\nSet-Cookie: a=b", "Set-Cookie: a=b"},
      {"Date: yesterday", "Date: yesterday"},
      {"Connection: content-length", "Content-Length: 3"},
      {"TE: x", "!te:"},
      {"Trailer: x-a", "Trailer: x-a"},
    };
    for (int i = 0; i < rows.length; i++) {
      String path = "/case/kept" + i;
      bench.answer(path, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" + rows[i][0] + "\r\n\r\nabc");
      cases.add(
          new Case(
              "answer: " + rows[i][0].replace("\r\n", " | "),
              "public",
              get(path, ""),
              java.util.Arrays.copyOfRange(rows[i], 1, rows[i].length)));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("answers")
  void theClientSeesWhatItShould(Case row) throws Exception {
    Answer answer = bench.ask(row.listener(), row.message());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("abc");
    assertLines(String.join("\n", answer.headers()), row.lines());
  }

  private static void assertLines(String seen, String... lines) {
    for (String line : lines) {
      if (line.startsWith("!")) {
        assertThat(Bench.hasPrefix(seen, line.substring(1))).as("%s in%n%s", line, seen).isFalse();
      } else {
        assertThat(Bench.has(seen, line)).as("%s in%n%s", line, seen).isTrue();
      }
    }
  }

  @Test
  void aTraceIsContinuedWithAnotherSpanAndMadeWhenThereIsNone() throws Exception {
    String given = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    String seen = bench.ask("public", get("/t", given)).text();
    assertThat(seen)
        .containsPattern(
            "(?i)traceparent: 00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01");
    assertThat(bench.ask("public", get("/t", "")).text())
        .containsPattern("(?i)traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01")
        .containsPattern("(?i)x-request-id: [0-9a-f]{32}");
  }

  @Test
  void anAnswerToHeadHasItsLengthAndNoBody() throws Exception {
    bench.answer("/case/head", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    try (RawHttp client = bench.connect("public")) {
      Answer answer = client.send("HEAD /case/head HTTP/1.1\r\nHost: a\r\n\r\n").read(true);
      assertThat(answer.header("content-length")).hasValue("1000");
      assertThat(client.send(get("/after", "")).read().text()).startsWith("GET /after ");
    }
  }

  @Test
  void anAnswerWithoutContentKeepsTheConnection() throws Exception {
    bench.answer("/case/204", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n");
    bench.answer(
        "/case/304", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n");
    try (RawHttp client = bench.connect("public")) {
      Answer none = client.send(get("/case/204", "")).read();
      assertThat(none.header("content-length")).isEmpty();
      assertThat(none.header("transfer-encoding")).isEmpty();
      assertThat(client.send(get("/case/304", "")).read().header("etag")).hasValue("\"x\"");
      assertThat(client.send(get("/after", "")).read().text()).startsWith("GET /after ");
    }
  }

  @Test
  void anOldClientGetsAChunkedAnswerUntilTheConnectionsEnd() throws Exception {
    bench.answer(
        "/case/chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    try (RawHttp client = bench.connect("public")) {
      Answer answer = client.send("GET /case/chunked HTTP/1.0\r\nHost: a\r\n\r\n").read();
      assertThat(answer.header("transfer-encoding")).isEmpty();
      assertThat(answer.text()).isEqualTo("abc");
    }
  }

  @Test
  void anAnswerThatEndsWithItsConnectionIsPassedWhole() throws Exception {
    bench.upstream.script((connection, head, body) -> {
      connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
      connection.close();
    });
    try {
      assertThat(bench.ask("public", get("/until-close", "")).text()).isEqualTo("all of it");
    } finally {
      bench.upstream.script(bench::serve);
    }
  }

  @Test
  void earlyHintsPassAndOtherInterimAnswersDoNot() throws Exception {
    bench.answer(
        "/case/hints",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    try (RawHttp client = bench.connect("public")) {
      Answer first = client.send(get("/case/hints", "")).read();
      assertThat(first.status()).isEqualTo(103);
      assertThat(first.header("link")).hasValue("</a>");
      assertThat(client.read().status()).isEqualTo(200);
    }
  }

  @Test
  void anExpectingClientIsToldToGoOnAndAnOldOneIsNot() throws Exception {
    bench.upstream.script((connection, head, body) ->
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    try (RawHttp client = bench.connect("public")) {
      client.send(
          "POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
      assertThat(Bench.read(client, false).status()).isEqualTo(200);
    } finally {
      bench.upstream.script(bench::serve);
    }
    try (RawHttp client = bench.connect("public")) {
      client.send(
          "POST /c HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
      assertThat(client.read().status()).isEqualTo(200);
    }
  }

  @Test
  void aClientThatSaysCloseGetsItsAnswerAndTheEnd() throws Exception {
    try (RawHttp client = bench.connect("public")) {
      Answer answer = client.send(get("/x", "Connection: close\r\n")).read();
      assertThat(answer.header("connection")).hasValue("close");
      assertThat(client.readToEnd()).isEmpty();
    }
  }
}
