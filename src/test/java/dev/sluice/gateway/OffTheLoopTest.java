package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.Services;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is too much for an event loop is done elsewhere; the loop monitor is the witness. */
@Timeout(120)
class OffTheLoopTest {
  private static final String LARGE =
      "[" + "{\"name\": \"a value that is some characters long\"},".repeat(60_000) + "{}]";

  private final Services services =
      new Services().on("/large", 200, "{\"a\": " + LARGE + "}").on("/small", 200, "1");
  private final RunningGateway gateway =
      RunningGateway.start(
          """
          listeners: {web: {address: 127.0.0.1, port: 0}}
          jobs: {cpu: {queue: 200}}
          upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
          routes:
            - {name: hash, match: {path: /hash}, timeout: 60s, job: {name: password-hash}}
            - {name: mirror, match: {path: /mirror}, respond: {json: {was: "{body}"}}}
            - name: both
              match: {path: /both}
              compose:
                parts: {large: {upstream: back, path: /large}, small: {upstream: back, path: /small}}
            - {name: batch, match: {path: /batch}, batch: {maxBody: 10MiB}}
            - {name: large, match: {path: /large}, upstream: back}
          """
              .formatted(services.port()));
  private final Http http = Http.to(gateway.port("web"));

  @AfterEach
  void stop() throws IOException {
    http.close();
    gateway.close();
    services.close();
  }

  private double tasks(String task) {
    return Gauges.ask(gateway, "/metrics")
        .lines()
        .filter(line ->
            line.startsWith("sluice_task_run_seconds_count{pool=\"cpu\",task=\"" + task + "\"} "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void aHundredHashesAtOnceMakeNoLoopLate() {
    http.post("/hash", "{\"password\": \"x\"}"); // classes are loaded
    try (CapturedLog log = CapturedLog.open()) {
      List<CompletableFuture<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        answers.add(
            CompletableFuture.supplyAsync(
                () -> http.post("/hash", "{\"password\": \"x\"}"),
                task -> Thread.ofVirtual().start(task)));
      }
      assertThat(answers).allSatisfy(one -> assertThat(one.join().status()).isEqualTo(200));
      assertThat(log.lines("event=loop_late")).isEmpty();
    }
    assertThat(tasks("password-hash")).isEqualTo(101);
  }

  @Test
  void aLargeBodyIsReadAndWrittenByAWorker() {
    assertThat(http.post("/mirror", "{\"a\": 1}").text()).isEqualTo("{\"was\":{\"a\":1}}");
    assertThat(tasks("template")).isZero();
    Answer answer = http.post("/mirror", LARGE);
    assertThat(answer.json().getJsonArray("was")).hasSize(60_001);
    assertThat(tasks("template")).isEqualTo(1);
    assertThat(http.post("/mirror", LARGE.substring(1)).reason()).isEqualTo("bad_request");
  }

  @Test
  void largePartsAndTheirAnswerAreReadAndWrittenByWorkers() {
    Answer answer = http.get("/both");
    assertThat(answer.json().getJsonObject("large").getJsonArray("a")).hasSize(60_001);
    assertThat(answer.json().getInteger("small")).isEqualTo(1);
    assertThat(tasks("json")).isEqualTo(1);
    assertThat(tasks("template")).isEqualTo(1);
  }

  @Test
  void largeBatchesAndTheirAnswersAreReadAndWrittenByWorkers() {
    String large =
        "[{\"path\": \"/large\"}, {\"path\": \"/mirror\", \"method\": \"POST\", \"body\": "
            + LARGE
            + "}]";
    Answer answer = http.post("/batch", large);
    assertThat(answer.array()).hasSize(2);
    assertThat(answer.array().getJsonObject(1).getJsonObject("body").getJsonArray("was"))
        .hasSize(60_001);
    assertThat(tasks("json")).isEqualTo(3);
  }
}
