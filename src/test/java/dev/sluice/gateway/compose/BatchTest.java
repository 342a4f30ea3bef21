package dev.sluice.gateway.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.Services;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many requests in one, each as if it had come alone. */
class BatchTest {
  private final Services services =
      new Services()
          .on("/users/7", 200, "{\"name\": \"Ada\"}")
          .on("/echo?a=1&b=x+%26y&c=1&c=2", 200, "\"query\"")
          .on("/big", 200, "\"" + "x".repeat(2000) + "\"");

  @AfterEach
  void closeServices() throws IOException {
    services.close();
  }

  private RunningGateway batching(String batch) {
    return batching(batch, "15s");
  }

  private RunningGateway batching(String batch, String timeout) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        upstreams: {back: {endpoints: ["127.0.0.1:%d"], pool: {connections: 64}}}
        policies: {marked: [{headers: {response: {set: {x-marked: "yes"}}}}]}
        routes:
          - {name: batch, match: {path: /batch, methods: [POST]}, batch: %s, timeout: %s}
          - {name: small, match: {path: /small}, upstream: back, filters: [{requestSize: 5B}]}
          - {name: hello, match: {path: /hello}, use: [marked], respond: {text: "Hi {query.name}"}}
          - {name: kept, match: {path: /hold/kept}, upstream: back, onClientAbort: complete}
          - {name: all, match: {path: "/*"}, upstream: back}
        """
            .formatted(services.port(), batch, timeout));
  }

  private static RawHttp.Answer post(RunningGateway gateway, String body) throws IOException {
    return post(gateway, body, "");
  }

  private static RawHttp.Answer post(RunningGateway gateway, String body, String headers)
      throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      return client.send(request(body, headers)).read();
    }
  }

  private static String request(String body, String headers) {
    return "POST /batch HTTP/1.1\r\nHost: a.example:81\r\n"
        + headers
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static JsonObject only(RunningGateway gateway, String element) throws IOException {
    JsonArray answers = new JsonArray(post(gateway, "[" + element + "]").text());
    assertThat(answers).hasSize(1);
    return answers.getJsonObject(0);
  }

  @Test
  void elementsAreAnsweredInTheirOrderWithStatusHeadersAndBody() throws IOException {
    try (RunningGateway gateway = batching("{}")) {
      RawHttp.Answer answer =
          post(
              gateway,
              "[{\"id\": 1, \"path\": \"/users/7\"}, {\"id\": \"b\", \"path\": \"/hello\","
                  + " \"params\": {\"name\": \"Ada\"}}, {\"path\": \"/gone\"}]");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("content-type")).contains("application/json");
      JsonArray answers = new JsonArray(answer.text());
      assertThat(answers).hasSize(3);
      assertThat(answers.getJsonObject(0).getInteger("id")).isEqualTo(1);
      assertThat(answers.getJsonObject(0).getJsonObject("body").getString("name")).isEqualTo("Ada");
      assertThat(answers.getJsonObject(1).getString("id")).isEqualTo("b");
      assertThat(answers.getJsonObject(1).getString("body")).isEqualTo("Hi Ada");
      assertThat(answers.getJsonObject(1).getJsonObject("headers").getString("x-marked"))
          .isEqualTo("yes");
      assertThat(answers.getJsonObject(2).getValue("id")).isNull();
      assertThat(answers.getJsonObject(2).getInteger("status")).isEqualTo(404);
    }
  }

  @Test
  void parametersMethodHeadersAndBodyAreTheElements() throws IOException {
    try (RunningGateway gateway = batching("{}")) {
      JsonObject answer =
          only(
              gateway,
              "{\"path\": \"/echo\", \"params\": {\"a\": 1, \"b\": \"x &y\", \"c\": [1, 2]}}");
      assertThat(answer.getString("body")).isEqualTo("query");
      only(
          gateway,
          "{\"method\": \"PUT\", \"path\": \"/x?q\", \"headers\": {\"X-One\": \"1\"}, \"body\":"
              + " {\"n\": 1.50}}");
      only(gateway, "{\"method\": \"POST\", \"path\": \"/x\", \"body\": \"words\"}");
      assertThat(services.requests()).contains("PUT /x?q {\"n\":1.50}", "POST /x words");
      assertThat(services.heads().get(1).toLowerCase(java.util.Locale.ROOT))
          .contains("x-one: 1", "content-type: application/json", "content-length: 10")
          .contains("host: a.example:81");
    }
  }

  @Test
  void theBatchsOwnHeadersHoldForItsElements() throws IOException {
    try (RunningGateway gateway = batching("{}")) {
      post(
          gateway,
          "[{\"path\": \"/users/7\"}, {\"path\": \"/users/7\", \"headers\": {\"Authorization\":"
              + " \"own\"}}]",
          "Authorization: all\r\nAccept: application/json\r\nContent-Type: application/json\r\n");
      assertThat(services.heads().stream().map(BatchTest::authorization))
          .containsExactlyInAnyOrder("all", "own");
      assertThat(services.heads())
          .allSatisfy(head ->
              assertThat(head.toLowerCase(java.util.Locale.ROOT))
                  .doesNotContain("content-type", "accept:", "content-length"));
    }
  }

  private static String authorization(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("authorization: "))
        .map(line -> line.substring(15))
        .findFirst()
        .orElse("");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "7                                              | 400 | an element is a JSON object",
        "{}                                             | 400 | path is missing or does not begin with a slash",
        "{\"path\": \"x\"}                              | 400 | path is missing or does not begin with a slash",
        "{\"path\": \"/../..\"}                         | 400 | the path climbs above the root",
        "{\"path\": \"/a b\"}                           | 400 | the target is malformed",
        "{\"path\": \"/\", \"method\": \"a b\"}         | 400 | method is no method",
        "{\"path\": \"/\", \"method\": 1}               | 400 | method is no method",
        "{\"path\": \"/\", \"method\": \"CONNECT\"}     | 501 | CONNECT is not taken",
        "{\"path\": \"/\", \"params\": 1}               | 400 | params is no object",
        "{\"path\": \"/\", \"params\": {\"a\": {}}}     | 400 | params.a is neither a value nor a list of values",
        "{\"path\": \"/\", \"headers\": []}             | 400 | headers is no object",
        "{\"path\": \"/\", \"headers\": {\"a b\": 1}}   | 400 | headers: \"a b\" cannot be set",
        "{\"path\": \"/\", \"headers\": {\"Transfer-Encoding\": \"chunked\"}} | 400 | headers: \"Transfer-Encoding\" cannot be set",
        "{\"path\": \"/\", \"headers\": {\"a\": \"b\\r\\nc: d\"}} | 400 | headers.a holds a character that headers cannot have",
        "{\"path\": \"/batch\", \"method\": \"POST\", \"body\": []} | 400 | a batch cannot be an element of a batch",
        "{\"path\": \"/small\", \"method\": \"POST\", \"body\": \"123456\"} | 413 | ``"
      })
  void aBadElementAloneIsRefused(String element, int status, String detail) throws IOException {
    try (RunningGateway gateway = batching("{}")) {
      JsonArray answers =
          new JsonArray(
              post(gateway, "[{\"path\": \"/users/7\"}, " + element + ", {\"path\": \"/hello\"}]")
                  .text());
      assertThat(answers.stream().map(each -> ((JsonObject) each).getInteger("status")))
          .containsExactly(200, status, 200);
      JsonObject problem = answers.getJsonObject(1).getJsonObject("body");
      assertThat(problem.getInteger("status")).isEqualTo(status);
      assertThat(problem.getString("detail", "")).isEqualTo(detail);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}            | a batch is a JSON array",
        "[1            | the body is not JSON",
        "[{}, {}, {}]  | a batch has at most 2 elements; this one has 3"
      })
  void aBodyThatIsNoBatchIsRefusedWhole(String body, String detail) throws IOException {
    try (RunningGateway gateway = batching("{max: 2}")) {
      RawHttp.Answer answer = post(gateway, body);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(new JsonObject(answer.text()).getString("detail")).isEqualTo(detail);
    }
  }

  @Test
  void anEmptyBatchHasAnEmptyAnswer() throws IOException {
    try (RunningGateway gateway = batching("{}")) {
      assertThat(post(gateway, "[]").text()).isEqualTo("[]");
    }
  }

  @Test
  void soManyElementsAreUnderWayAtOnceAndNoMore() throws Exception {
    try (RunningGateway gateway = batching("{concurrency: 4}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(request(held(12), ""));
      Gauges.until("four are under way", () -> services.holding() == 4);
      assertThat(services.requests()).hasSize(4);
      services.release();
      assertThat(new JsonArray(client.read().text())).hasSize(12);
    }
  }

  private static String held(int elements) {
    return IntStream.range(0, elements)
        .mapToObj(i -> "{\"path\": \"/hold/" + i + "\"}")
        .collect(Collectors.joining(",", "[", "]"));
  }

  @Test
  void linesComeAsSoonAsTheyAreThere() throws Exception {
    try (RunningGateway gateway = batching("{}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          request(
              "[{\"id\": 1, \"path\": \"/users/7\"}, {\"id\": 2, \"path\": \"/hold\"}]",
              "Accept: application/x-ndjson\r\n"));
      Gauges.until("the second waits", () -> services.holding() == 1);
      StringBuilder seen = new StringBuilder();
      while (seen.indexOf("}\n") < 0) {
        seen.append((char) client.socket().getInputStream().read());
      }
      assertThat(seen.toString())
          .contains("application/x-ndjson")
          .contains("{\"id\":1,\"status\":200")
          .doesNotContain("\"id\":2");
      services.release();
      assertThat(new String(client.socket().getInputStream().readNBytes(40)))
          .contains("{\"id\":2,\"status\":200");
    }
  }

  @Test
  void notMoreThanAChunkIsBegunAheadOfTheFirstThatIsNotWritten() throws Exception {
    try (RunningGateway gateway = batching("{chunk: 3}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          request("[{\"path\": \"/hold\"}" + ", {\"path\": \"/users/7\"}".repeat(9) + "]", ""));
      Gauges.until("the chunk is under way", () -> services.requests().size() == 3);
      services.release();
      assertThat(new JsonArray(client.read().text())).hasSize(10);
    }
  }

  @Test
  void nothingBeginsAfterAFailureWhenToldSo() throws IOException {
    try (RunningGateway gateway = batching("{concurrency: 1, stopOnFailure: true}")) {
      JsonArray answers =
          new JsonArray(
              post(
                      gateway,
                      "[{\"path\": \"/users/7\"}, {\"path\": \"/gone\"}, {\"path\": \"/users/7\"}]")
                  .text());
      assertThat(answers.stream().map(each -> ((JsonObject) each).getInteger("status")))
          .containsExactly(200, 404, 503);
      assertThat(answers.getJsonObject(2).getJsonObject("body").getString("reason"))
          .isEqualTo("cancelled");
      assertThat(services.requests()).hasSize(2);
    }
  }

  @Test
  void anAnswerBeyondItsBoundIsThatElementsFailure() throws IOException {
    try (RunningGateway gateway = batching("{maxBody: 1KiB}")) {
      JsonObject answer = only(gateway, "{\"path\": \"/big\"}");
      assertThat(answer.getInteger("status")).isEqualTo(502);
      assertThat(answer.getJsonObject("body").getString("reason")).isEqualTo("answer_too_large");
    }
  }

  @Test
  void theBatchsTimeoutEndsWhatIsLate() throws IOException {
    try (RunningGateway gateway = batching("{concurrency: 2}", "300ms")) {
      JsonArray answers =
          new JsonArray(
              post(
                      gateway,
                      "[{\"path\": \"/users/7\"}, {\"path\": \"/hold\"}, {\"path\": \"/hold\"},"
                          + " {\"path\": \"/users/7\"}]")
                  .text());
      assertThat(answers.stream().map(each -> ((JsonObject) each).getInteger("status")))
          .containsExactly(200, 504, 504, 504);
      Gauges.settled(gateway);
    }
  }

  @Test
  void anElementWhoseRouteSaysSoIsCompletedWithoutItsClient() throws Exception {
    try (RunningGateway gateway = batching("{}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(request("[{\"path\": \"/hold/kept\"}, {\"path\": \"/hold\"}]", ""));
      Gauges.until("both are under way", () -> services.holding() == 2);
      client.close();
      Gauges.until("one is reset", () -> services.resets() == 1);
      services.release();
      Gauges.until("the other is answered", () -> services.completed() == 1);
      Gauges.settled(gateway);
      assertThat(services.resets()).isEqualTo(1);
    }
  }

  @Test
  void aClientThatLeavesTakesItsElementsWithIt() throws Exception {
    try (RunningGateway gateway = batching("{concurrency: 3}");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(request(held(9), ""));
      Gauges.until("three are under way", () -> services.holding() == 3);
      client.close();
      Gauges.until("all are reset", () -> services.resets() == 3);
      Gauges.settled(gateway);
      assertThat(services.requests()).hasSize(3);
    }
  }
}
