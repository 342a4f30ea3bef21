package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Ports;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What two nodes tell each other, beside limits. */
@Timeout(120)
class NodeTalkTest {
  private static final String FAILED = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  private static final String GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  private final ScriptedServer failing = ScriptedServer.answering(FAILED);
  private final ScriptedServer good = ScriptedServer.answering(GOOD);
  private final CountDownLatch mayAnswer = new CountDownLatch(1);
  private final ScriptedServer slow =
      ScriptedServer.start((connection, head, body) -> {
        try {
          mayAnswer.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        connection.send(GOOD);
      });
  private RunningGateway one;
  private RunningGateway two;

  @BeforeEach
  void start() {
    List<Integer> ports = Ports.free(2);
    int first = ports.get(0);
    int second = ports.get(1);
    one = RunningGateway.start(yaml(first, second));
    two = RunningGateway.start(yaml(second, first));
    for (RunningGateway node : List.of(one, two)) {
      Gauges.until("they are two", 30, () -> asked(node, "/cluster/exchanges") == 2);
    }
  }

  @AfterEach
  void stop() throws IOException {
    mayAnswer.countDown();
    List.of(one, two).parallelStream().forEach(RunningGateway::close);
    for (ScriptedServer server : List.of(failing, good, slow)) {
      server.close();
    }
  }

  private String yaml(int port, int other) {
    return """
    listeners: {web: {address: 127.0.0.1, port: 0}}
    cluster: {name: talk, secret: a secret of the cluster, join: {tcp: ["127.0.0.1:%d"]}, address: 127.0.0.1, port: %d}
    upstreams:
      pair:
        endpoints: ["127.0.0.1:%d", "127.0.0.1:%d"]
        balance: roundRobin
        breaker: {failures: 100000, open: 30s}
        ejection: {consecutive: 5}
      broken:
        endpoints: ["127.0.0.1:%d"]
        breaker: {failures: 8, open: 30s}
      slow: {endpoints: ["127.0.0.1:%d"]}
    routes:
      - {name: pair, match: {path: /pair}, upstream: pair, retry: {attempts: 1}}
      - {name: broken, match: {path: /broken}, upstream: broken, retry: {attempts: 1}}
      - {name: slow, match: {path: /slow}, upstream: slow}
    """
        .formatted(other, port, failing.port(), good.port(), failing.port(), slow.port());
  }

  /** Of how many nodes there is an answer. */
  private static long asked(RunningGateway node, String path) {
    return new JsonObject(Gauges.ask(node, path))
        .getJsonArray("nodes").stream()
            .map(JsonObject.class::cast)
            .filter(each -> !each.containsKey("error"))
            .count();
  }

  private static int get(RunningGateway node, String path) {
    try (Http http = Http.to(node.port("web"))) {
      return http.get(path).status();
    }
  }

  private static JsonObject upstream(RunningGateway node, String name) {
    return new JsonArray(Gauges.ask(node, "/upstreams"))
        .stream()
            .map(JsonObject.class::cast)
            .filter(each -> each.getString("name").equals(name))
            .findFirst()
            .orElseThrow();
  }

  private boolean ejected(RunningGateway node) {
    return upstream(node, "pair").getJsonArray("endpoints").stream()
        .map(JsonObject.class::cast)
        .anyMatch(each -> each.getBoolean("ejected"));
  }

  @Test
  void anyNodeShowsWhatIsInFlightOnAll() throws IOException {
    try (RawHttp client = RawHttp.connect(one.port("web"))) {
      client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      Gauges.until(
          "the other sees it", () -> Gauges.ask(two, "/cluster/exchanges").contains("\"slow\""));
      JsonObject there = new JsonObject(Gauges.ask(two, "/cluster/exchanges"));
      assertThat(there.getJsonArray("nodes").stream().map(JsonObject.class::cast))
          .filteredOn(node -> !node.getJsonArray("exchanges").isEmpty())
          .singleElement()
          .satisfies(node -> assertThat(node.getString("node")).startsWith("127.0.0.1:"));
      assertThat(Gauges.ask(two, "/exchanges")).doesNotContain("\"slow\"");
    }
  }

  @Test
  void anyNodeShowsTheMetricsOfAllWithTheirNode() {
    get(one, "/pair");
    String text = Gauges.ask(two, "/cluster/metrics");
    List<String> names =
        new JsonObject(Gauges.ask(two, "/cluster"))
            .getJsonArray("members").stream()
                .map(each -> ((JsonObject) each).getString("address"))
                .toList();
    assertThat(names)
        .hasSize(2)
        .allSatisfy(name -> {
          assertThat(text).contains("sluice_cluster_node_up{node=\"" + name + "\"} 1\n");
          assertThat(text).contains("sluice_exchanges_in_flight{node=\"" + name + "\"} ");
        });
    assertThat(text.lines().filter(line -> line.startsWith("# TYPE sluice_exchanges_total")))
        .hasSize(1);
    assertThat(asked(two, "/cluster/upstreams")).isEqualTo(2);
  }

  @Test
  void anEndpointThatAnotherNodeEjectedIsEjectedAtItsFirstFailure() {
    try (CapturedLog log = CapturedLog.open()) {
      Gauges.until(
          "it is not ejected",
          () -> {
            get(one, "/pair");
            return ejected(one);
          });
      Gauges.until("the other has heard", () -> !log.lines("event=hint").isEmpty());
      assertThat(ejected(two)).as("it is a hint and no order").isFalse();
      Gauges.until("it failed here, too", () -> get(two, "/pair") == 500);
      Gauges.until("one failure is not enough", () -> ejected(two));
    }
  }

  @Test
  void aBreakerThatOpenedElsewhereNeedsAQuarterOfTheFailures() {
    try (CapturedLog log = CapturedLog.open()) {
      for (int i = 0; i < 8; i++) {
        assertThat(get(one, "/broken")).isEqualTo(500);
      }
      assertThat(get(one, "/broken")).as("its breaker is open").isEqualTo(503);
      Gauges.until("the other has heard", () -> !log.lines("event=hint").isEmpty());
      assertThat(get(two, "/broken")).isEqualTo(500);
      assertThat(get(two, "/broken")).isEqualTo(500);
      assertThat(get(two, "/broken")).isEqualTo(503);
    }
  }
}
