package dev.sluice.gateway.filter.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Limits as clients see them. Rates are so low that no test waits for a token by chance. */
class RateLimitTest {
  private static String yaml(String policies, String routes) {
    return """
    listeners: {web: {address: 127.0.0.1, port: 0}}
    policies: {%s}
    routes:
    %s
    """
        .formatted(policies, routes.indent(2));
  }

  private static String one(String limit) {
    return yaml(
        "slow: [{rateLimit: " + limit + "}]",
        """
        - {name: a, match: {path: /a}, use: [slow], respond: {text: a}}
        - {name: b, match: {path: /b}, use: [slow], respond: {text: b}}
        - {name: batch, match: {path: /batch}, batch: {}}
        """);
  }

  private static String header(Answer answer, String name) {
    return String.join(", ", answer.whole().headers().allValues(name));
  }

  private static List<Integer> statuses(Http http, String path, int times, String... headers) {
    return IntStream.range(0, times).mapToObj(i -> http.get(path, headers).status()).toList();
  }

  @Test
  void answersTellWhatIsLeftAndARefusalWhenToComeAgain() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 2/h}"));
        Http http = Http.to(gateway.port("web"))) {
      Answer first = http.get("/a");
      assertThat(first.status()).isEqualTo(200);
      assertThat(header(first, "ratelimit-policy")).isEqualTo("\"slow\";q=2;w=3600");
      assertThat(header(first, "ratelimit")).isEqualTo("\"slow\";r=1;t=1800");
      assertThat(header(http.get("/a"), "ratelimit")).startsWith("\"slow\";r=0;t=3");
      Answer refused = http.get("/a");
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.reason()).isEqualTo("rate_limited");
      assertThat(refused.detail()).isEqualTo("limit slow lets 2/h pass");
      assertThat(Integer.parseInt(header(refused, "retry-after"))).isBetween(1_700, 1_800);
      assertThat(header(refused, "ratelimit")).startsWith("\"slow\";r=0;t=1");
      assertThat(Gauges.ask(gateway, "/metrics").lines())
          .contains(
              "sluice_limit_refused_total{limit=\"policy/slow\"} 1",
              "sluice_limit_keys{limit=\"policy/slow\"} 1");
    }
  }

  @Test
  void aPolicyIsOneLimitForAllItsRoutes() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 2/h}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(http.get("/a").status()).isEqualTo(200);
      assertThat(http.get("/b").status()).isEqualTo(200);
      assertThat(http.get("/a").status()).isEqualTo(429);
    }
  }

  @Test
  void byRouteEachRouteHasItsOwn() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 1/h, key: route}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(statuses(http, "/a", 2)).containsExactly(200, 429);
      assertThat(statuses(http, "/b", 2)).containsExactly(200, 429);
    }
  }

  @Test
  void byHeaderEachValueHasItsOwnAndNoneCountsForTheAddress() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 1/h, key: {header: x-key}}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(statuses(http, "/a", 2, "x-key", "one")).containsExactly(200, 429);
      assertThat(statuses(http, "/a", 2, "x-key", "x".repeat(5_000))).containsExactly(200, 429);
      assertThat(statuses(http, "/a", 2)).containsExactly(200, 429);
      assertThat(http.get("/a", "x-key", "127.0.0.1").status())
          .as("a value is never taken for an address")
          .isEqualTo(200);
    }
  }

  @Test
  void byCookieEachValueHasItsOwn() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 1/h, key: {cookie: id}}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(statuses(http, "/a", 2, "cookie", "a=b; id=1")).containsExactly(200, 429);
      assertThat(http.get("/a", "cookie", "id=2").status()).isEqualTo(200);
    }
  }

  @Test
  void aRequestMayCostMoreThanOne() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 1/h, burst: 10, cost: 4}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(statuses(http, "/a", 3)).containsExactly(200, 200, 429);
    }
  }

  @Test
  void severalLimitsOfARouteAllHold() {
    String two =
        yaml(
            "slow: [{rateLimit: {rate: 5/h}}, {rateLimit: {rate: 2/h, key: route}}]",
            "- {name: a, match: {path: /a}, use: [slow], filters: [{rateLimit: {rate: 9/d}}],"
                + " respond: {text: a}}");
    try (RunningGateway gateway = RunningGateway.start(two);
        Http http = Http.to(gateway.port("web"))) {
      assertThat(header(http.get("/a"), "ratelimit-policy"))
          .isEqualTo("\"slow\";q=5;w=3600, \"slow.2\";q=2;w=3600, \"a\";q=9;w=86400");
      assertThat(statuses(http, "/a", 2)).containsExactly(200, 429);
    }
  }

  @Test
  void eachElementOfABatchCounts() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 2/h}"));
        Http http = Http.to(gateway.port("web"))) {
      Answer batch =
          http.post("/batch", "[{\"path\": \"/a\"}, {\"path\": \"/a\"}, {\"path\": \"/a\"}]");
      assertThat(
              IntStream.range(0, 3).map(i -> batch.array().getJsonObject(i).getInteger("status")))
          .containsExactlyInAnyOrder(200, 200, 429);
    }
  }

  @Test
  void aDryRunOnlyCounts() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 1/h, dryRun: true}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(statuses(http, "/a", 3)).containsExactly(200, 200, 200);
      assertThat(header(http.get("/a"), "ratelimit")).isEmpty();
      assertThat(Gauges.ask(gateway, "/metrics").lines())
          .contains("sluice_limit_tolerated_total{limit=\"policy/slow\"} 3");
    }
  }

  @Test
  void beyondTheLimitRequestsMayWaitForTheirTurn() {
    try (RunningGateway gateway =
            RunningGateway.start(one("{rate: 50/s, burst: 1, onLimit: {wait: 30s}}"));
        Http http = Http.to(gateway.port("web"))) {
      List<CompletableFuture<Integer>> all =
          IntStream.range(0, 20)
              .mapToObj(i -> CompletableFuture.supplyAsync(() -> http.get("/a").status()))
              .toList();
      assertThat(all.stream().map(CompletableFuture::join)).containsOnly(200);
      assertThat(metric(gateway, "sluice_limit_delayed_total")).isPositive();
    }
  }

  private static double metric(RunningGateway gateway, String name) {
    return Gauges.ask(gateway, "/metrics")
        .lines()
        .filter(line -> line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void whoseTurnIsTooFarIsRefusedAtOnceAndWhoLeavesTakesNobodysPlace() throws IOException {
    try (RunningGateway gateway =
            RunningGateway.start(one("{rate: 1/m, burst: 1, onLimit: {wait: 1m}}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(http.get("/a").status()).isEqualTo(200);
      try (RawHttp waiting = RawHttp.connect(gateway.port("web"))) {
        waiting.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        Gauges.until("it waits", () -> metric(gateway, "sluice_limit_delayed_total") == 1);
        Answer refused = http.get("/a");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(Integer.parseInt(header(refused, "retry-after"))).isGreaterThan(60);
      }
      Gauges.settled(gateway);
      try (RawHttp next = RawHttp.connect(gateway.port("web"))) {
        next.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        Gauges.until("it has the turn", () -> metric(gateway, "sluice_limit_delayed_total") == 2);
      }
    }
  }

  @Test
  void aReloadKeepsWhatALimitRemembersUnlessItIsAnotherNow() {
    try (RunningGateway gateway = RunningGateway.start(one("{rate: 1/h}"));
        Http http = Http.to(gateway.port("web"))) {
      assertThat(statuses(http, "/a", 2)).containsExactly(200, 429);
      assertThat(gateway.reload(one("{rate: 1/h}") + "# changed\n")).isTrue();
      assertThat(http.get("/a").status()).isEqualTo(429);
      assertThat(gateway.reload(one("{rate: 1/d}"))).isTrue();
      assertThat(statuses(http, "/a", 2)).containsExactly(200, 429);
    }
  }
}
