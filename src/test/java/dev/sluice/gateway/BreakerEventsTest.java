package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a running gateway tells of its breakers: admin API, metrics, event bus. */
class BreakerEventsTest {
  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  private static final String BAD = "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n";

  private static RunningGateway gateway(ScriptedServer server, String open) {
    return RunningGateway.start(
        """
        listeners: {main: {address: 127.0.0.1, port: 0}}
        upstreams:
          users:
            endpoints: ["127.0.0.1:%s"]
            breaker: {failures: 2, window: 20s, open: %s, probes: 1}
            ejection: off
        routes:
          - {name: all, match: {path: "/*"}, upstream: users, retry: {attempts: 1}}
        """
            .formatted(server.port(), open));
  }

  private static int get(RunningGateway gateway) {
    try (RawHttp http = RawHttp.connect(gateway.port("main"))) {
      return http.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").read().status();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static LinkedBlockingQueue<JsonObject> events(RunningGateway gateway) throws Exception {
    LinkedBlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
    Vertx vertx = gateway.gateway().loops().getFirst().vertx();
    MessageConsumer<JsonObject> consumer =
        vertx.eventBus().consumer("vertx.circuit-breaker", message -> heard.add(message.body()));
    consumer.completion().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return heard;
  }

  private static JsonObject next(LinkedBlockingQueue<JsonObject> heard) throws Exception {
    JsonObject event = heard.poll(20, TimeUnit.SECONDS);
    assertThat(event).as("told in time").isNotNull();
    return event == null ? new JsonObject() : event;
  }

  private static JsonObject event(String state, long openMillis, long failures) {
    return new JsonObject()
        .put("name", "users")
        .put("node", "local")
        .put("state", state)
        .put("failures", failures)
        .put("resetTimeout", openMillis)
        .put("metricRollingWindow", 20_000L);
  }

  private static void shows(RunningGateway gateway, String state) throws IOException {
    AdminClient admin = AdminClient.of(gateway);
    JsonArray upstreams = admin.get("/upstreams").array();
    assertThat(upstreams.getJsonObject(0).getString("breaker")).isEqualToIgnoringCase(state);
    List<String> samples = new ArrayList<>();
    for (String each : List.of("closed", "open", "half_open")) {
      samples.add(
          "sluice_breaker_state{upstream=\"users\",state=\"%s\"} %s"
              .formatted(each, each.equals(state) ? 1 : 0));
    }
    assertThat(admin.get("/metrics").text().lines()).containsAll(samples);
  }

  @Test
  void anOpenBreakerIsSeenInTheAdminApiTheMetricsAndOnTheEventBus() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(BAD);
        RunningGateway gateway = gateway(server, "60s")) {
      LinkedBlockingQueue<JsonObject> heard = events(gateway);
      shows(gateway, "closed");
      assertThat(get(gateway)).isEqualTo(500);
      assertThat(get(gateway)).isEqualTo(500);
      assertThat(next(heard)).isEqualTo(event("OPEN", 60_000, 2));
      assertThat(get(gateway)).isEqualTo(503);
      assertThat(server.heads()).hasSize(2);
      shows(gateway, "open");
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void whileItsProbeIsUnderWayItIsHalfOpenAndAfterwardsClosed() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering(BAD);
        RunningGateway gateway = gateway(server, "100ms")) {
      LinkedBlockingQueue<JsonObject> heard = events(gateway);
      assertThat(get(gateway)).isEqualTo(500);
      assertThat(get(gateway)).isEqualTo(500);
      assertThat(next(heard)).isEqualTo(event("OPEN", 100, 2));
      LinkedBlockingQueue<ScriptedServer.Connection> probes = new LinkedBlockingQueue<>();
      server.script((connection, head, body) -> probes.add(connection));
      // Refused ones are answered at once; the first that reaches the server is the probe.
      CompletableFuture<Integer> answered =
          CompletableFuture.supplyAsync(() -> {
            int status = get(gateway);
            for (int i = 0; i < 100_000 && status == 503; i++) {
              status = get(gateway);
            }
            return status;
          });
      ScriptedServer.Connection probe = probes.poll(20, TimeUnit.SECONDS);
      assertThat(probe).as("a probe in time").isNotNull();
      assertThat(next(heard)).isEqualTo(event("HALF_OPEN", 100, 0));
      shows(gateway, "half_open");
      assertThat(answered).isNotDone();
      if (probe != null) {
        probe.send(OK);
      }
      assertThat(answered.get(20, TimeUnit.SECONDS)).isEqualTo(200);
      assertThat(next(heard)).isEqualTo(event("CLOSED", 100, 0));
      shows(gateway, "closed");
    }
  }
}
