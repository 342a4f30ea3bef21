package dev.sluice.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.Services;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jobs whose client waits for them. */
@Timeout(60)
class JobsTest {
  private final Services services = new Services().on("/seven", 200, "7");
  private final String token = UUID.randomUUID().toString();
  private final TestJobs.Control control = TestJobs.control(token);
  private RunningGateway gateway;
  private Http http;

  @BeforeEach
  void start() {
    gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            jobs:
              cpu: {threads: 1, queue: 2}
              blocking: {max: 1, queue: 1}
              maxInput: 100KiB
              maxResult: 1KiB
            upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
            routes:
              - {name: hash, match: {path: /hash, methods: [POST]}, job: {name: password-hash}}
              - {name: hold, match: {path: /hold}, job: {name: test-hold, timeout: 20s}}
              - {name: short, match: {path: /short}, job: {name: test-hold, timeout: 200ms}}
              - {name: sure, match: {path: /sure}, job: {name: test-hold}, onClientAbort: complete}
              - {name: deaf, match: {path: /deaf}, job: {name: test-deaf, timeout: 200ms}}
              - {name: broken, match: {path: /broken}, job: {name: test-broken}}
              - {name: handlers, match: {path: /handlers}, job: {name: test-handlers, timeout: 200ms}}
              - {name: mistyped, match: {path: /mistyped}, job: {name: test-mistyped}}
              - {name: miscalling, match: {path: /miscalling}, job: {name: test-miscalling, upstreams: [back]}}
              - {name: refusing, match: {path: /refusing}, job: {name: test-refusing}}
              - {name: nested, match: {path: /nested}, job: {name: test-nested}}
              - {name: loop, match: {path: /loop}, job: {name: test-loop}}
              - {name: waits, match: {path: /waits}, job: {name: test-waits-on-loop}}
              - {name: calls, match: {path: /calls}, job: {name: test-calling, upstreams: [back]}}
              - {name: large, match: {path: /large}, job: {name: test-large}}
              - {name: small, match: {path: /small}, job: {name: thumbnail, with: {width: 20, height: 20}}}
              - {name: jpeg, match: {path: /jpeg}, job: {name: thumbnail, with: {width: 4, format: jpeg, maxPixels: 100}}}
            """
                .formatted(services.port()));
    http = Http.to(gateway.port("web"));
  }

  @AfterEach
  void stop() throws IOException {
    control.gate.countDown();
    http.close();
    gateway.close();
    services.close();
  }

  private String input() {
    return "{\"token\": \"" + token + "\"}";
  }

  private CompletableFuture<Answer> later(String target) {
    return CompletableFuture.supplyAsync(() -> http.post(target, input()));
  }

  private void running() {
    Gauges.until("the job runs", () -> control.started.get() > 0);
  }

  @Test
  void aPasswordBecomesAnArgon2idHashThatItMatches() {
    Answer answer = http.post("/hash", "{\"password\": \"correct horse\"}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.whole().headers().firstValue("content-type")).hasValue("application/json");
    String hash = answer.json().getString("hash");
    assertThat(hash).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
    assertThat(hash).isEqualTo(again("correct horse", hash));
    assertThat(http.post("/hash", "{\"password\": \"correct horse\"}").json().getString("hash"))
        .as("salted")
        .isNotEqualTo(hash);
  }

  /** The hash of a password with the parameters and the salt of another, RFC 9106. */
  private static String again(String password, String hash) {
    String[] parts = hash.split("\\$");
    Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
    argon2.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withIterations(2)
            .withMemoryAsKB(19456)
            .withParallelism(1)
            .withSalt(Base64.getDecoder().decode(parts[4]))
            .build());
    byte[] out = new byte[32];
    argon2.generateBytes(password.getBytes(StandardCharsets.UTF_8), out);
    return String.join("$", List.of("", parts[1], parts[2], parts[3], parts[4]))
        + "$"
        + Base64.getEncoder().withoutPadding().encodeToString(out);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                             | the body is empty; it has to be JSON",
        "{                              | the body is not what job password-hash takes",
        "[]                             | array found, object expected",
        "{\"password\": 5}              | password: integer found, string expected",
        "{\"password\": \"\"}           | password: must be at least 1 character",
        "{}                             | required property 'password' not found",
        "{\"password\": \"a\", \"x\": 1}| property 'x' is not defined",
        "{\"password\": \"a\"} more     | the body is not what job password-hash takes",
      })
  void anInputThatDoesNotFitIsA400ThatNamesTheField(String body, String words) {
    Answer answer = http.post("/hash", body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.reason()).isEqualTo("invalid_input");
    assertThat(answer.detail()).contains(words);
  }

  @Test
  void anInputThatIsTooLargeIsA413() {
    Answer answer = http.post("/hash", "{\"password\": \"" + "x".repeat(200_000) + "\"}");
    assertThat(answer.status()).isEqualTo(413);
  }

  @Test
  void aFullQueueAnswers503AtOnceAndLosesNothingThatWasTaken() {
    CompletableFuture<Answer> runs = later("/hold");
    running();
    CompletableFuture<Answer> waits = later("/hold");
    Gauges.until(
        "one waits", () -> metric("sluice_tasks_waiting{pool=\"blocking\"}").equals("1.0"));
    Answer refused = http.post("/hold", input());
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.reason()).isEqualTo("job_rejected");
    assertThat(metric("sluice_tasks_active{pool=\"blocking\"}")).isEqualTo("1.0");
    assertThat(metric("sluice_tasks_rejected_total{pool=\"blocking\"}")).isEqualTo("1.0");
    control.gate.countDown();
    assertThat(runs.join().status()).isEqualTo(200);
    assertThat(waits.join().json().getString("held")).isEqualTo(token);
    assertThat(metric("sluice_task_run_seconds_count{pool=\"blocking\",task=\"test-hold\"}"))
        .isEqualTo("2");
    assertThat(metric("sluice_task_queue_seconds_count{pool=\"blocking\",task=\"test-hold\"}"))
        .isEqualTo("2");
  }

  private String metric(String name) {
    return Gauges.ask(gateway, "/metrics")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }

  @Test
  void aRunThatTakesTooLongIsInterruptedAndAnsweredWith504() {
    Answer answer = http.post("/short", input());
    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.reason()).isEqualTo("deadline_exceeded");
    Gauges.until("it was interrupted", () -> control.interrupted.get() == 1);
  }

  @Test
  void aClientThatLeavesEndsItsJob() throws IOException {
    leave("/hold");
    Gauges.until("it was interrupted", () -> control.interrupted.get() == 1);
  }

  @Test
  void aRouteMaySayThatTheJobGoesOnWithoutItsClient() throws IOException {
    try (CapturedLog log = CapturedLog.open()) {
      leave("/sure");
      Gauges.until("the client is gone", () -> Gauges.exchanges(gateway) == 1);
      assertThat(control.interrupted).hasValue(0);
      control.gate.countDown();
      Gauges.settled(gateway);
      assertThat(control.ended).hasValue(1);
      assertThat(control.interrupted).hasValue(0);
      assertThat(log.troubles()).isEmpty();
    }
  }

  private void leave(String path) throws IOException {
    try (RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          "POST "
              + path
              + " HTTP/1.1\r\nHost: a\r\nContent-Length: "
              + input().length()
              + "\r\n\r\n"
              + input());
      running();
    }
  }

  @Test
  void aJobThatIgnoresItsEndKeepsItsPlaceAndItsClientIsAnswered() {
    Answer answer = http.post("/deaf", input());
    assertThat(answer.status()).isEqualTo(504);
    assertThat(metric("sluice_tasks_active{pool=\"cpu\"}")).isEqualTo("1.0");
    control.gate.countDown();
    Gauges.until(
        "its place is free", () -> metric("sluice_tasks_active{pool=\"cpu\"}").equals("0.0"));
    assertThat(control.ended).hasValue(1);
  }

  @Test
  void aFaultOfAJobIsLoggedAndTellsTheClientNothing() {
    try (CapturedLog log = CapturedLog.open()) {
      Answer answer = http.post("/broken", input());
      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.reason()).isEqualTo("job_failed");
      assertThat(answer.text()).doesNotContain("secret");
      assertThat(log.lines("event=job_failed job=test-broken")).hasSize(1);
    }
  }

  @Test
  void aJobMayAnswerWithAReasonOfItsChoice() {
    Answer answer = http.post("/refusing", input());
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.detail()).isEqualTo("not " + token);
  }

  @Test
  void whatAJobDoesWhenItIsGivenUpMayBlockOrFailAndHoldsNobodyUp() {
    try (CapturedLog log = CapturedLog.open()) {
      assertThat(http.post("/handlers", input()).status()).isEqualTo(504);
      Gauges.until("the second handler runs", () -> control.interrupted.get() == 1);
      assertThat(control.ended).hasValue(0);
      assertThat(http.post("/broken", input()).status()).as("its place is free").isEqualTo(500);
      assertThat(log.lines("event=cancel_handler_failed task=test-handlers")).hasSize(1);
      assertThat(log.lines("event=loop_late")).isEmpty();
      control.gate.countDown();
      Gauges.until("the handler has ended", () -> control.ended.get() == 1);
    }
  }

  @Test
  void aResultWhoseTypeIsNoMediaTypeIsAFaultOfTheJob() {
    Answer answer = http.post("/mistyped", input());
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.reason()).isEqualTo("job_failed");
    assertThat(answer.whole().headers().firstValue("x-injected")).isEmpty();
  }

  @Test
  void aCallThatHttpDoesNotKnowFailsAtOnce() {
    Answer answer = http.post("/miscalling", input());
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.reason()).isEqualTo("job_failed");
  }

  @Test
  void anImageIsNeverMadeLarger() throws Exception {
    BufferedImage same = ImageIO.read(new ByteArrayInputStream(image("/small", png(10, 5)).body()));
    assertThat(same.getWidth()).isEqualTo(10);
    assertThat(same.getHeight()).isEqualTo(5);
  }

  @Test
  void aJobMayHandPartsToOtherKindsAndToItsOwnFullPool() {
    Answer answer = http.post("/nested", input());
    assertThat(answer.json().getMap()).containsEntry("virtual", true).containsEntry("sum", 42);
  }

  @Test
  void aJobOnALoopHasItsPartsElsewhereAndComesBack() {
    Answer answer = http.post("/loop", input());
    assertThat(answer.json().getMap())
        .containsEntry("loop", true)
        .containsEntry("part", false)
        .containsEntry("back", true);
  }

  @Test
  void waitingOnALoopIsAFaultAtOnce() {
    try (CapturedLog log = CapturedLog.open()) {
      Answer answer = http.post("/waits", input());
      assertThat(answer.status()).isEqualTo(500);
      assertThat(log.troubles()).anySatisfy(line -> assertThat(line).contains("job_failed"));
    }
  }

  @Test
  void aJobCallsTheUpstreamsOfItsRouteLikeARoute() {
    Answer answer = http.post("/calls", "{\"token\": \"seven\"}");
    assertThat(answer.json().getInteger("status")).isEqualTo(200);
    assertThat(answer.json().getString("body")).isEqualTo("7");
    assertThat(Gauges.ask(gateway, "/metrics"))
        .contains("sluice_exchanges_total{route=\"calls/back\",status=\"2xx\",reason=\"\"} 1");
    assertThat(http.post("/calls", "{\"token\": \"gone\"}").json().getInteger("status"))
        .isEqualTo(404);
  }

  @Test
  void aResultThatIsTooLargeIsRefused() {
    assertThat(http.post("/large", "{\"token\": \"1024\"}").status()).isEqualTo(200);
    Answer answer = http.post("/large", "{\"token\": \"1025\"}");
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.reason()).isEqualTo("answer_too_large");
  }

  // ---- images ----

  private HttpResponse<byte[]> image(String path, byte[] body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port("web") + path))
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private static byte[] png(int width, int height) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", out);
    return out.toByteArray();
  }

  @Test
  void anImageBecomesASmallerOneOfTheSameShape() throws Exception {
    HttpResponse<byte[]> answer = image("/small", png(200, 100));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("image/png");
    BufferedImage small = ImageIO.read(new ByteArrayInputStream(answer.body()));
    assertThat(small.getWidth()).isEqualTo(20);
    assertThat(small.getHeight()).isEqualTo(10);
  }

  @Test
  void anImageOfTooManyPixelsIsRefusedBeforeItIsRead() throws Exception {
    assertThat(image("/jpeg", png(10, 10)).headers().firstValue("content-type"))
        .hasValue("image/jpeg");
    HttpResponse<byte[]> answer = image("/jpeg", png(10, 11));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(new String(answer.body(), StandardCharsets.UTF_8))
        .contains("the image has 110 pixels; 100 are allowed");
  }

  @Test
  void whatIsNoImageIsRefused() throws Exception {
    byte[] cut = java.util.Arrays.copyOf(png(50, 50), 40);
    List<HttpResponse<byte[]>> answers = new ArrayList<>();
    answers.add(image("/small", "no image".getBytes(StandardCharsets.UTF_8)));
    answers.add(image("/small", new byte[0]));
    answers.add(image("/small", cut));
    assertThat(answers).allSatisfy(answer -> assertThat(answer.statusCode()).isEqualTo(400));
  }
}
