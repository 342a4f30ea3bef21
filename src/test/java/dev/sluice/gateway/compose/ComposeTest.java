package dev.sluice.gateway.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.Services;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several calls, one answer. */
class ComposeTest {
  private final Services services =
      new Services()
          .on("/users/7", 200, "{\"name\": \"Ada\", \"price\": 1.10, \"segment\": \"gold/1\"}")
          .on("/orders?user=7", 200, "[1, 2]")
          .on("/for/gold%2F1", 200, "{\"items\": [\"x\"]}")
          .on("/broken", 500, "{}")
          .on("/text", 200, "plain words");

  @AfterEach
  void closeServices() throws IOException {
    services.close();
  }

  private RunningGateway composing(String compose) {
    return composing(compose, "");
  }

  private RunningGateway composing(String compose, String route) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        upstreams:
          back: {endpoints: ["127.0.0.1:%d"], pool: {connections: 64}}
          dead: {endpoints: ["127.0.0.1:1"]}
        routes:
          - name: profile
            match: {path: "/profile/{id}"}
            %s
            compose: %s
        """
            .formatted(services.port(), route, compose));
  }

  private static RawHttp.Answer get(RunningGateway gateway) throws IOException {
    return get(gateway, "");
  }

  private static RawHttp.Answer get(RunningGateway gateway, String headers) throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      return client.send("GET /profile/7 HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n").read();
    }
  }

  @Test
  void partsStandUnderTheirNamesWhenNothingElseIsSaid() throws IOException {
    try (RunningGateway gateway =
        composing(
            """
            {parts: {user: {upstream: back, path: "/users/{path.id}"}, orders: {upstream: back,
             path: "/orders?user={path.id}"}, words: {upstream: back, path: /text}}}\
            """)) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("content-type")).contains("application/json");
      assertThat(answer.text())
          .isEqualTo(
              "{\"user\":{\"name\":\"Ada\",\"price\":1.10,\"segment\":\"gold/1\"},"
                  + "\"orders\":[1,2],\"words\":\"plain words\"}");
    }
  }

  @Test
  void aPartThatNamesAnotherStartsAfterIt() throws IOException {
    try (RunningGateway gateway =
        composing(
            """
            {parts: {offers: {upstream: back, path: "/for/{user.body.segment}"},
             user: {upstream: back, path: "/users/{path.id}"}},
             response: {first: "{offers.body.items.0}", status: "{offers.status}",
             type: "{user.headers.content-type}", all: "{user.body}"}}\
            """)) {
      assertThat(new JsonObject(get(gateway).text()))
          .isEqualTo(
              new JsonObject()
                  .put("first", "x")
                  .put("status", 200)
                  .put("type", "application/json")
                  .put(
                      "all",
                      new JsonObject("{\"name\":\"Ada\",\"price\":1.10,\"segment\":\"gold/1\"}")));
      assertThat(services.requests()).containsExactly("GET /users/7", "GET /for/gold%2F1");
    }
  }

  @Test
  void partsRunAtOnceUpToTheConcurrency() throws Exception {
    try (RunningGateway gateway = composing("{concurrency: 3, parts: " + held(8) + "}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("GET /profile/7 HTTP/1.1\r\nHost: a\r\n\r\n");
      Gauges.until("three are under way", () -> services.holding() == 3);
      assertThat(services.requests()).hasSize(3);
      services.release();
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(services.requests()).hasSize(8);
    }
  }

  private static String held(int parts) {
    return IntStream.range(0, parts)
        .mapToObj(i -> "p" + i + ": {upstream: back, path: /hold/" + i + "}")
        .collect(Collectors.joining(", ", "{", "}"));
  }

  @Test
  void theFirstFailureOfANeededPartResetsItsSiblings() throws Exception {
    try (RunningGateway gateway =
        composing(
            """
            {parts: {a: {upstream: back, path: /hold/a}, b: {upstream: back, path: /hold/b},
             user: {upstream: back, path: "/users/{path.id}"},
             c: {upstream: back, path: "/broken?{user.status}"},
             late: {upstream: back, path: "/after/{c.status}"}}}\
            """)) {
      services.on("/broken?200", 500, "{}");
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(502);
      JsonObject problem = new JsonObject(answer.text());
      assertThat(problem.getString("reason")).isEqualTo("part_failed");
      assertThat(problem.getJsonObject("errors"))
          .isEqualTo(new JsonObject("{\"c\":{\"status\":500,\"reason\":\"upstream_status\"}}"));
      Gauges.until("both are reset", () -> services.resets() == 2);
      Gauges.settled(gateway);
      assertThat(services.requests()).noneMatch(request -> request.contains("/after/"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{upstream: dead, path: /x}                         | 502 | 502 | connect_failed",
        "{upstream: back, path: /nowhere}                   | 502 | 404 | upstream_status",
        "{upstream: back, path: /hold, timeout: 200ms}      | 504 | 504 | upstream_timeout",
        "{upstream: back, path: '/users/7', maxBody: 10B}   | 502 | 502 | answer_too_large"
      })
  void everyWayToFailHasItsReason(String part, int status, int own, String reason)
      throws IOException {
    try (RunningGateway gateway = composing("{parts: {a: " + part + "}}", "timeout: 5s")) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(status);
      assertThat(new JsonObject(answer.text()).getJsonObject("errors").getJsonObject("a"))
          .isEqualTo(new JsonObject().put("status", own).put("reason", reason));
      Gauges.settled(gateway);
    }
  }

  @Test
  void theRoutesTimeoutHoldsForAllPartsTogether() throws IOException {
    try (RunningGateway gateway =
        composing(
            """
            {concurrency: 1, parts: {user: {upstream: back, path: "/users/7"},
             slow: {upstream: back, path: /hold}, never: {upstream: back, path: "/text"}}}\
            """,
            "timeout: 300ms")) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(504);
      assertThat(new JsonObject(answer.text()).getJsonObject("errors"))
          .isEqualTo(
              new JsonObject(
                  """
                  {"slow": {"status": 504, "reason": "deadline_exceeded"},
                   "never": {"status": 504, "reason": "deadline_exceeded"}}\
                  """));
      assertThat(services.requests()).doesNotContain("GET /text");
      Gauges.settled(gateway);
    }
  }

  @Test
  void anOptionalPartLeavesItsDefault() throws IOException {
    try (RunningGateway gateway =
        composing(
            """
            {parts: {user: {upstream: back, path: "/users/7"},
             a: {upstream: dead, path: /x, optional: true, default: []},
             b: {upstream: back, path: /broken, optional: true},
             c: {upstream: back, path: "/broken?{a.body}", optional: true, default: {n: 1}}},
             response: {name: "{user.body.name}", a: "{a.body}", b: "{b.body}", c: "{c.body.n}",
             status: "{b.status}"}}\
            """)) {
      assertThat(get(gateway).text())
          .isEqualTo("{\"name\":\"Ada\",\"a\":[],\"b\":null,\"c\":1,\"status\":500}");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "connect_failed: []      | dead",
        "upstream_timeout: 1, 502: [] | dead",
        "5xx: []                 | dead",
        "404: 1, 500: []         | back",
        "upstream_status: []     | back"
      })
  void aNeededPartMayGoOnWithAValueForItsFailure(String onFailure, String upstream)
      throws IOException {
    try (RunningGateway gateway =
        composing(
            "{parts: {a: {upstream: %s, path: /broken, onFailure: {%s}}}}"
                .formatted(upstream, onFailure))) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("{\"a\":[]}");
    }
  }

  @Test
  void collectAllAnswersWithWhatThereIsAndSaysWhatFailed() throws IOException {
    try (RunningGateway gateway =
        composing(
            """
            {mode: collectAll, parts: {user: {upstream: back, path: "/users/7"},
             a: {upstream: dead, path: /x}, b: {upstream: back, path: "/x/{a.body}"}},
             response: {name: "{user.body.name}", a: "{a.body}"}}\
            """)) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(new JsonObject(answer.text()))
          .isEqualTo(
              new JsonObject(
                  """
                  {"name": "Ada", "a": null, "errors": {
                   "a": {"status": 502, "reason": "connect_failed"},
                   "b": {"status": 502, "reason": "part_failed"}}}\
                  """));
    }
  }

  @Test
  void collectAllFailsWhenAllFailed() throws IOException {
    try (RunningGateway gateway =
        composing(
            "{mode: collectAll, parts: {a: {upstream: dead, path: /x}, b: {upstream: back, path:"
                + " /broken}}}")) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(502);
      assertThat(new JsonObject(answer.text()).getJsonObject("errors").fieldNames())
          .containsExactly("a", "b");
    }
  }

  @Test
  void onlyChosenHeadersArePassedOn() throws IOException {
    try (RunningGateway gateway =
        composing(
            """
            {parts: {a: {upstream: back, path: "/users/7", pass: [x-tenant], headers:
             {x-id: "{path.id}"}}, b: {upstream: back, path: /text, pass: [authorization]}}}\
            """)) {
      get(gateway, "Authorization: Basic x\r\nCookie: a=b\r\nX-Tenant: t1\r\nUser-Agent: me\r\n");
      String first = head("/users/7");
      assertThat(first)
          .contains("x-tenant: t1", "x-id: 7", "user-agent: sluice/", "traceparent: 00-")
          .contains("x-forwarded-for: 127.0.0.1")
          .doesNotContain("authorization", "cookie");
      assertThat(head("/text")).contains("authorization: basic x").doesNotContain("x-tenant");
    }
  }

  private String head(String target) {
    return services.heads().stream()
        .filter(head -> head.contains(" " + target + " "))
        .findFirst()
        .orElseThrow()
        .toLowerCase(java.util.Locale.ROOT);
  }

  @Test
  void aPartMaySendABodyMadeOfTheRequests() throws IOException {
    try (RunningGateway gateway =
            composing(
                """
                {parts: {a: {upstream: back, method: POST, path: /text,
                 body: {id: "{path.id:int}", who: "{body.user}", list: [1, "{body.n}"]}}}}\
                """);
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      String body = "{\"user\": {\"a\": null}, \"n\": 1.50}";
      RawHttp.Answer answer =
          client
              .send(
                  "POST /profile/7 HTTP/1.1\r\nHost: a\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
              .read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(services.requests())
          .containsExactly("POST /text {\"id\":7,\"who\":{\"a\":null},\"list\":[1,1.50]}");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "response: {a: '{a.body}', q: '{query.q}'}        | query.q is missing",
        "response: {a: '{a.body}', n: '{path.id:uuid}'}   | path.id is not a UUID",
        "response: {b: '{body.b}'}                        | the body is empty",
        "concurrency: 1, more: '/x?{query.page:int}'      | query.page is missing"
      })
  void whatTheRequestLacksIsRefusedBeforeAnyPartBegins(String part, String detail)
      throws IOException {
    String more = part.contains("more: ") ? part.substring(part.indexOf("'")) : "/text";
    try (RunningGateway gateway =
        composing(
            "{%s, parts: {a: {upstream: back, path: /text}, b: {upstream: back, path: %s}}}"
                .formatted(part.replaceAll(", more:.*", ""), more))) {
      RawHttp.Answer answer = get(gateway);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(new JsonObject(answer.text()).getString("detail")).startsWith(detail);
      assertThat(services.requests()).isEmpty();
    }
  }

  @Test
  void aFailureOfTheGatewaysOwnIsExplained() throws IOException {
    try (RunningGateway gateway =
        composing("{parts: {a: {upstream: back, path: '/users/7', maxBody: 10B}}}")) {
      assertThat(new JsonObject(get(gateway).text()).getString("detail"))
          .isEqualTo("part a failed: the answer is larger than 10 bytes");
    }
  }

  @Test
  void aValueCannotClimbOutOfItsPlaceInThePath() throws IOException {
    try (RunningGateway gateway =
            composing("{parts: {a: {upstream: back, path: \"/users/{query.id}/x\"}}}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      for (String value : new String[] {"..", ".", "%2e%2e"}) {
        RawHttp.Answer answer =
            client.send("GET /profile/7?id=" + value + " HTTP/1.1\r\nHost: a\r\n\r\n").read();
        assertThat(new JsonObject(answer.text()).getJsonObject("errors").getJsonObject("a"))
            .isEqualTo(new JsonObject("{\"status\": 400, \"reason\": \"invalid_input\"}"));
      }
      client.send("GET /profile/7?id=..%2f..%3fx HTTP/1.1\r\nHost: a\r\n\r\n").read();
      assertThat(services.requests()).containsExactly("GET /users/..%2F..%3Fx/x");
    }
  }

  @Test
  void aClientThatLeavesTakesAllPartsWithIt() throws Exception {
    try (RunningGateway gateway = composing("{parts: " + held(4) + "}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("GET /profile/7 HTTP/1.1\r\nHost: a\r\n\r\n");
      Gauges.until("four are under way", () -> services.holding() == 4);
      client.close();
      Gauges.until("all are reset", () -> services.resets() == 4);
      Gauges.settled(gateway);
    }
  }

  @Test
  void shieldedPartsGoOnWithoutTheirClient() throws Exception {
    try (RunningGateway gateway =
            composing("{parts: " + held(2) + "}", "onClientAbort: {complete: 20s}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send("GET /profile/7 HTTP/1.1\r\nHost: a\r\n\r\n");
      Gauges.until("two are under way", () -> services.holding() == 2);
      client.close();
      Gauges.until("it has noticed", () -> gone(gateway));
      services.release();
      Gauges.settled(gateway);
      assertThat(services.completed()).isEqualTo(2);
      assertThat(services.resets()).isZero();
    }
  }

  private static boolean gone(RunningGateway gateway) {
    return gateway.gateway().loops().stream()
        .flatMap(loop -> loop.inFlight().list().stream())
        .anyMatch(exchange -> exchange.clientGone());
  }

  @Test
  void partsAreCountedUnderTheRoutesName() throws IOException {
    try (RunningGateway gateway =
        composing("{parts: {user: {upstream: back, path: \"/users/7\"}}}")) {
      get(gateway);
      assertThat(Gauges.ask(gateway, "/metrics"))
          .contains("route=\"profile/user\"")
          .contains("route=\"profile\"");
    }
  }
}
