package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Ports;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real members of Hazelcast on the loopback address. */
@Timeout(120)
class ClusterTest {
  private static final String SECRET = "a secret of the cluster";

  private final List<RunningGateway> nodes = new ArrayList<>();
  private final List<Integer> ports = Ports.free(3);

  @AfterEach
  void stop() {
    nodes.parallelStream().forEach(RunningGateway::close);
  }

  private String yaml(int node, String name, String secret, String more) {
    String members =
        ports.stream().map(port -> "\"127.0.0.1:" + port + "\"").collect(Collectors.joining(", "));
    return """
    listeners: {web: {address: 127.0.0.1, port: 0}}
    cluster: {name: %s, secret: %s, join: {tcp: [%s]}, address: 127.0.0.1, port: %d%s}
    routes:
      - {name: hello, match: {path: /hello}, respond: {text: hello}}
      - {name: slow, match: {path: /slow}, filters: [{rateLimit: {rate: 60/d, scope: cluster}}], respond: {text: slow}}
      - {name: strict, match: {path: /strict}, filters: [{rateLimit: {rate: 60/d, scope: cluster, onPartition: refuse}}], respond: {text: strict}}
    """
        .formatted(name, secret, members, ports.get(node), more);
  }

  private RunningGateway node(int node) {
    return node(node, "prod", SECRET, "");
  }

  private RunningGateway node(int node, String name, String secret, String more) {
    RunningGateway gateway = RunningGateway.start(yaml(node, name, secret, more));
    nodes.add(gateway);
    return gateway;
  }

  private static JsonObject cluster(RunningGateway gateway) {
    return new JsonObject(Gauges.ask(gateway, "/cluster"));
  }

  private static int size(RunningGateway gateway) {
    JsonObject view = cluster(gateway);
    return view.getString("state").equals("joined") ? view.getJsonArray("members").size() : 0;
  }

  private static Stream<JsonObject> members(RunningGateway gateway) {
    return cluster(gateway).getJsonArray("members").stream().map(JsonObject.class::cast);
  }

  private static int hello(RunningGateway gateway) {
    try (Http http = Http.to(gateway.port("web"))) {
      return http.get("/hello").status();
    }
  }

  @Test
  void nodesFindEachOtherAndSayWhatTheyServe() {
    List<RunningGateway> all = IntStream.range(0, 3).mapToObj(this::node).toList();
    all.forEach(each -> assertThat(hello(each)).as("it serves at once").isEqualTo(200));
    all.forEach(each -> Gauges.until("there are three", 30, () -> size(each) == 3));
    Gauges.until(
        "all say it", () -> members(all.get(1)).allMatch(m -> m.getLong("configVersion") == 1));
    assertThat(members(all.get(1)).map(member -> member.getString("address")))
        .containsExactlyInAnyOrderElementsOf(
            ports.stream().map(port -> "127.0.0.1:" + port).toList());
    assertThat(members(all.get(1)).filter(member -> member.getBoolean("self")))
        .singleElement()
        .satisfies(
            self -> assertThat(self.getString("address")).isEqualTo("127.0.0.1:" + ports.get(1)));
    assertThat(all.get(0).reload(yaml(0, "prod", SECRET, "") + "# changed\n")).isTrue();
    Gauges.until(
        "the others know",
        () -> members(all.get(2)).anyMatch(member -> member.getLong("configVersion") == 2));
    nodes.remove(all.get(0));
    all.get(0).close();
    Gauges.until("it has left", () -> size(all.get(1)) == 2);
  }

  @Test
  void whoDoesNotKnowTheSecretIsLeftOutWithALineAndServesByItself() {
    try (CapturedLog log = CapturedLog.open()) {
      RunningGateway one = node(0);
      RunningGateway two = node(1);
      Gauges.until("they are two", 30, () -> size(one) == 2);
      RunningGateway stranger = node(2, "prod", "another secret of it", "");
      Gauges.until("it is alone", 30, () -> cluster(stranger).getString("state").equals("alone"));
      assertThat(size(one)).isEqualTo(2);
      assertThat(hello(stranger)).isEqualTo(200);
      assertThat(log.lines("event=member_refused"))
          .as("each node says it once of each other one, and once of those that come to it")
          .hasSizeBetween(2, 7)
          .allMatch(line -> line.contains("secret"));
      assertThat(size(two)).isEqualTo(2);
      assertThat(log.lines("event=cluster_alone").getLast()).contains("secret");
    }
  }

  private static long passed(RunningGateway gateway, String path, int times) {
    try (Http http = Http.to(gateway.port("web"))) {
      return IntStream.range(0, times).filter(i -> http.get(path).status() == 200).count();
    }
  }

  @Test
  void aLimitOfTheClusterIsOneForAllNodes() {
    List<RunningGateway> all = IntStream.range(0, 3).mapToObj(this::node).toList();
    all.forEach(each -> Gauges.until("there are three", 30, () -> size(each) == 3));
    assertThat(passed(all.get(0), "/slow", 40)).isEqualTo(40);
    Gauges.until("another knows it", () -> left(all.get(1)) < 20);
    assertThat(passed(all.get(1), "/slow", 40)).isBetween(1L, 19L);
    Gauges.until("the third knows it", () -> passed(all.get(2), "/slow", 1) == 0);
  }

  /** What a node says that is left of the limit; takes one. */
  private static long left(RunningGateway gateway) {
    try (Http http = Http.to(gateway.port("web"))) {
      String said = http.get("/slow").whole().headers().firstValue("ratelimit").orElseThrow();
      return Long.parseLong(said.replaceAll(".*r=([0-9]+).*", "$1"));
    }
  }

  @Test
  void whoIsNoNodeHearsNothing() throws IOException {
    RunningGateway one = node(0);
    Gauges.until("it has begun", 30, () -> cluster(one).getString("state").equals("alone"));
    try (CapturedLog log = CapturedLog.open();
        RawHttp stranger = RawHttp.connect(ports.getFirst())) {
      stranger.send("HZC\u0000");
      assertThat(stranger.socket().getInputStream().read()).as("it is closed").isEqualTo(-1);
      assertThat(log.lines("event=member_refused"))
          .singleElement()
          .asString()
          .contains("it is no node of Sluice");
    }
  }

  @Test
  void aNodeOfAnotherClusterIsToldSo() {
    try (CapturedLog log = CapturedLog.open()) {
      RunningGateway one = node(0);
      Gauges.until("it has begun", 30, () -> cluster(one).getString("state").equals("alone"));
      RunningGateway other = node(1, "test", SECRET, "");
      Gauges.until("it is alone", 30, () -> cluster(other).getString("state").equals("alone"));
      assertThat(log.lines("event=member_refused"))
          .anyMatch(line -> line.contains("it belongs to cluster prod"))
          .anyMatch(line -> line.contains("it belongs to cluster test"));
    }
  }

  @Test
  void aNodeMayRefuseToServeAsLongAsItIsAlone() {
    RunningGateway one = node(0, "prod", SECRET, ", alone: refuse");
    Gauges.until("it is alone", 30, () -> cluster(one).getString("state").equals("alone"));
    JsonObject ready = new JsonObject(Gauges.ask(one, "/health/ready"));
    assertThat(ready.getBoolean("ready")).isFalse();
    assertThat(ready.getJsonArray("reasons")).containsExactly("cluster prod: alone");
    RunningGateway other = node(1);
    Gauges.until(
        "it has found the other",
        30,
        () -> new JsonObject(Gauges.ask(one, "/health/ready")).getBoolean("ready"));
    nodes.remove(other);
    other.close();
    Gauges.until("it is not missed", () -> cluster(one).getString("state").equals("alone"));
    assertThat(new JsonObject(Gauges.ask(one, "/health/ready")).getBoolean("ready"))
        .as("it goes on serving")
        .isTrue();
  }

  @Test
  void aNodeWithoutAClusterIsASingleOne() {
    try (RunningGateway alone =
        RunningGateway.start("listeners: {web: {address: 127.0.0.1, port: 0}}\n")) {
      JsonObject view = cluster(alone);
      assertThat(view.getString("state")).isEqualTo("single");
      assertThat(view.getJsonArray("members")).hasSize(1);
    }
  }
}
