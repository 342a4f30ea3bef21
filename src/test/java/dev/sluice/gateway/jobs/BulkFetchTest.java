package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many pages at once, from a real server that counts. */
@Timeout(60)
class BulkFetchTest {
  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger now = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicInteger reset = new AtomicInteger();
  private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
  private int port;
  private RunningGateway gateway;
  private Http http;

  @BeforeEach
  void start() throws Exception {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(this::serve)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    port = server.actualPort();
    gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            jobs: {maxResult: 512KiB}
            routes:
            %s
            """
                .formatted(
                    route("text", "maxUrls: 500, concurrency: 5, perHost: 3, backoff: 1ms..5ms")
                        + route("none", "body: none, maxBody: 1KiB, timeout: 300ms, attempts: 1")
                        + route("json", "body: json, select: /data/1")
                        + route("hops", "redirects: 2")
                        + route("slow", "delay: 100ms, perHost: 1")
                        + route("rate", "rate: 20/s")
                        + route("full", "concurrency: 8, perHost: 8")
                        + "- {name: public, match: {path: /public}, job: {name: bulk-fetch,"
                        + " with: {allow: [\"localhost:*\", \"127.0.0.1:*\"]}}}\n"
                        + "- {name: short, match: {path: /short}, job: {name: bulk-fetch,"
                        + " timeout: 700ms, with: {allow: [\"localhost:*\"],"
                        + " private: [127.0.0.0/8, \"::1\"]}}}\n"
                        + "- {name: later, match: {path: /later}, job: {name: bulk-fetch,"
                        + " mode: async, with: {allow: [\"localhost:*\"], maxUrls: 2,"
                        + " private: [127.0.0.0/8, \"::1\"]}}}\n"));
    http = Http.to(gateway.port("web"));
  }

  private static String route(String name, String with) {
    return "- {name: %s, match: {path: /%s}, timeout: 20s, job: {name: bulk-fetch, with: {allow: [\"localhost:*\"], private: [127.0.0.0/8], %s}}}\n"
        .formatted(name, name, with);
  }

  @AfterEach
  void stop() throws Exception {
    http.close();
    gateway.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private void serve(HttpServerRequest request) {
    int times = asked.computeIfAbsent(request.uri(), uri -> new AtomicInteger()).incrementAndGet();
    most.accumulateAndGet(now.incrementAndGet(), Math::max);
    request.response().exceptionHandler(gone -> reset.incrementAndGet());
    switch (request.path()) {
      case "/wait" ->
          vertx.setTimer(
              50,
              due -> {
                now.decrementAndGet();
                request.response().end("waited");
              });
      case "/never" -> {}
      case "/flaky" -> status(request, times < 3 ? 503 : 200, "at last");
      case "/broken" -> status(request, 503, "");
      case "/gone" -> status(request, 404, "nothing");
      case "/big" -> status(request, 200, "x".repeat(2_000));
      case "/huge" -> status(request, 200, "x".repeat(100_000));
      case "/json" -> status(request, 200, "{\"data\": [1, {\"a\": \"b\"}]}");
      case "/cut" -> request.connection().close();
      case "/once" -> {
        request.response().putHeader("location", "/text");
        status(request, 302, "");
      }
      case "/away" -> {
        request.response().putHeader("location", "http://example.com/");
        status(request, 302, "");
      }
      case "/round" -> {
        request.response().putHeader("location", "/round");
        status(request, 302, "");
      }
      default -> status(request, 200, "text");
    }
  }

  private void status(HttpServerRequest request, int status, String body) {
    now.decrementAndGet();
    request.response().setStatusCode(status).end(body);
  }

  private String url(String path) {
    return "http://localhost:" + port + path;
  }

  private static String urls(List<String> urls) {
    return new JsonObject().put("urls", new JsonArray(urls)).encode();
  }

  private List<JsonObject> fetch(String route, List<String> urls) {
    Answer answer = http.post("/" + route, urls(urls));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.whole().headers().firstValue("content-type"))
        .hasValue("application/x-ndjson");
    return answer.text().lines().map(JsonObject::new).toList();
  }

  private JsonObject one(String route, String url) {
    List<JsonObject> lines = fetch(route, List.of(url));
    assertThat(lines).hasSize(2);
    return lines.getFirst();
  }

  @Test
  void eachPageIsALineAndTheLastOneCounts() {
    List<JsonObject> lines = fetch("text", List.of(url("/a"), url("/gone"), url("/b?c=d")));
    assertThat(lines).hasSize(4);
    assertThat(lines.getLast().encode()).isEqualTo("{\"succeeded\":2,\"failed\":1}");
    JsonObject page = find(lines, url("/a"));
    assertThat(page.fieldNames())
        .containsExactly(
            "url",
            "status",
            "contentLength",
            "timestamp",
            "responseTime",
            "attempts",
            "body",
            "error");
    assertThat(page.getInteger("status")).isEqualTo(200);
    assertThat(page.getInteger("contentLength")).isEqualTo(4);
    assertThat(page.getString("body")).isEqualTo("text");
    assertThat(page.getInstant("timestamp")).isNotNull();
    assertThat(page.getLong("responseTime")).isNotNegative();
    assertThat(page.getValue("error")).isNull();
    JsonObject gone = find(lines, url("/gone"));
    assertThat(gone.getInteger("status")).isEqualTo(404);
    assertThat(gone.getString("error")).isEqualTo("status 404");
    assertThat(gone.getInteger("attempts")).isEqualTo(1);
  }

  private static JsonObject find(List<JsonObject> lines, String url) {
    return lines.stream()
        .filter(line -> url.equals(line.getString("url")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void lettersBeyondAsciiAreSentPercentEncoded() {
    fetch("text", List.of(url("/\u00e4%20b?q=\u20ac")));
    assertThat(asked.keySet()).containsExactly("/%C3%A4%20b?q=%E2%82%AC");
  }

  @Test
  void asManyRunAtOnceAsTheHostMayTake() {
    List<String> urls = IntStream.range(0, 30).mapToObj(i -> url("/wait?" + i)).toList();
    List<JsonObject> lines = fetch("text", urls);
    assertThat(lines.getLast().getInteger("succeeded")).isEqualTo(30);
    assertThat(most).hasValue(3);
  }

  @Test
  void whatMayHelpIsTriedAgainAndWhatMayNotIsNot() {
    assertThat(one("text", url("/flaky")).getInteger("attempts")).isEqualTo(3);
    JsonObject broken = one("text", url("/broken"));
    assertThat(broken.getInteger("attempts")).isEqualTo(3);
    assertThat(broken.getString("error")).isEqualTo("status 503");
    JsonObject cut = one("text", url("/cut"));
    assertThat(cut.getInteger("attempts")).isEqualTo(3);
    assertThat(cut.getString("error")).isEqualTo("upstream_reset");
    assertThat(cut.getValue("status")).isNull();
  }

  @Test
  void retriesAreNoStorm() {
    List<String> urls = IntStream.range(0, 200).mapToObj(i -> url("/broken?" + i)).toList();
    List<JsonObject> lines = fetch("text", urls);
    assertThat(lines.getLast().getInteger("failed")).isEqualTo(200);
    int requests = asked.values().stream().mapToInt(AtomicInteger::get).sum();
    assertThat(requests).as("a fifth more, and three a second").isBetween(200, 280);
  }

  @Test
  void aPageThatTakesTooLongOrIsTooLargeIsTold() {
    JsonObject late = one("none", url("/never"));
    assertThat(late.getString("error")).isEqualTo("upstream_timeout");
    assertThat(one("none", url("/big")).getString("error")).isEqualTo("answer_too_large");
    assertThat(one("none", url("/text")).containsKey("body")).isFalse();
    assertThat(one("none", "http://localhost:1/").getString("error")).isEqualTo("connect_failed");
  }

  @Test
  void bodiesThatTheResultHasNoRoomForAreToldAndNoPageIsLost() {
    List<String> urls = IntStream.range(0, 20).mapToObj(i -> url("/huge?" + i)).toList();
    Answer answer = http.post("/full", urls(urls));
    assertThat(answer.text().length()).isLessThanOrEqualTo(512 << 10);
    List<JsonObject> lines = answer.text().lines().map(JsonObject::new).toList();
    assertThat(lines.stream().limit(20).map(line -> line.getString("url")))
        .containsExactlyInAnyOrderElementsOf(urls);
    assertThat(lines.stream().limit(20).filter(line -> line.containsKey("body"))).hasSize(5);
    assertThat(lines.stream().limit(20).filter(line -> !line.containsKey("body")))
        .allSatisfy(line ->
            assertThat(line.getString("error"))
                .isEqualTo("answer_too_large: the result has no room for this body"));
    assertThat(lines.getLast().encode()).isEqualTo("{\"succeeded\":5,\"failed\":15}");
  }

  @Test
  void aChosenPartOfAJsonBodyIsKept() {
    assertThat(one("json", url("/json")).getJsonObject("body").getString("a")).isEqualTo("b");
    assertThat(one("json", url("/text")).getString("error"))
        .isEqualTo("invalid_input: the body is not JSON");
  }

  @Test
  void moreUrlsThanAllowedAreA400AndNothingIsFetched() {
    List<String> urls = IntStream.range(0, 501).mapToObj(i -> url("/" + i)).toList();
    Answer answer = http.post("/text", urls(urls));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.detail()).isEqualTo("urls: there are 501; 500 are allowed");
    assertThat(asked).isEmpty();
    Answer later = http.post("/later", urls(List.of(url("/1"), url("/2"), url("/3"))));
    assertThat(later.status()).isEqualTo(400);
  }

  // ---- where it may not go ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://example.com/          | forbidden: this host and port are not allowed",
        "http://localhost.evil.test/  | forbidden: this host and port are not allowed",
        "http://2130706433/           | forbidden: this host and port are not allowed",
        "http://[::1]:80/             | forbidden: this host and port are not allowed",
        "ftp://localhost/             | forbidden: only http and https are fetched",
        "file:///etc/passwd           | forbidden: only http and https are fetched",
        "http://user:pw@localhost/    | forbidden: it has credentials",
        "http:///nothing              | forbidden: it has no host",
        "nonsense                     | forbidden: only http and https are fetched",
        "http://local host/           | invalid_input: it is no URL",
      })
  void onlyWhatTheConfigurationAllowsIsAsked(String url, String error) {
    JsonObject line = one("text", url);
    assertThat(line.getString("error")).isEqualTo(error);
    assertThat(line.getInteger("attempts")).isZero();
  }

  @Test
  void anAllowedNameWithAnAddressOfTheGatewaysOwnNetworkIsRefused() {
    for (String host : List.of("localhost", "127.0.0.1")) {
      assertThat(one("public", "http://" + host + ":" + port + "/").getString("error"))
          .isEqualTo("forbidden: its address is not public");
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void redirectsAreRefusedUnlessTheyAreAllowedAndThenOnlyToAllowedHosts() {
    JsonObject refused = one("text", url("/once"));
    assertThat(refused.getInteger("status")).isEqualTo(302);
    assertThat(refused.getString("error")).isEqualTo("redirect_refused");
    assertThat(one("hops", url("/once")).getString("body")).isEqualTo("text");
    assertThat(one("hops", url("/away")).getString("error"))
        .isEqualTo("forbidden: this host and port are not allowed");
    assertThat(one("hops", url("/round")).getString("error")).isEqualTo("redirect_refused");
  }

  // ---- pace and end ----

  @Test
  void callsToOneHostAreApartAndSoAreAllCalls() {
    long began = System.nanoTime();
    fetch("slow", List.of(url("/1"), url("/2"), url("/3"), url("/4"), url("/5")));
    assertThat(System.nanoTime() - began)
        .as("four waits of 50 to 150 ms")
        .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(200));
    began = System.nanoTime();
    fetch("rate", IntStream.range(0, 11).mapToObj(i -> url("/r" + i)).toList());
    assertThat(System.nanoTime() - began)
        .as("ten spaces of 50 ms")
        .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(499));
  }

  @Test
  void whatIsNotThereAtTheDeadlineIsToldAndTheRestIsKept() {
    List<JsonObject> lines =
        fetch("short", List.of(url("/a"), url("/never"), url("/b"), url("/never?2")));
    assertThat(lines.getLast().encode()).isEqualTo("{\"succeeded\":2,\"failed\":2}");
    assertThat(find(lines, url("/never")).getString("error")).isEqualTo("deadline_exceeded");
  }

  @Test
  void aClientThatLeavesEndsEveryCallUnderWay() throws IOException {
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      urls.add(url("/never?" + i));
    }
    String body = urls(urls);
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          "POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
      Gauges.until("three are asked", () -> asked.size() == 3);
    }
    Gauges.until("they are reset", () -> reset.get() == 3);
    assertThat(asked).hasSize(3);
  }

  @Test
  void itRunsLaterTooWithItsProgressAndItsResultAsLines() {
    Answer taken = http.post("/later", urls(List.of(url("/a"), url("/wait"))));
    String job = taken.whole().headers().firstValue("location").orElseThrow();
    Gauges.until("it is done", () -> http.get(job).json().getString("state").equals("done"));
    Answer result = http.get(job + "/result");
    assertThat(result.text()).endsWith("{\"succeeded\":2,\"failed\":0}\n");
  }
}
