package dev.sluice.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Http.Answer;
import dev.sluice.gateway.testing.Ports;
import dev.sluice.gateway.testing.Postgres;
import dev.sluice.gateway.testing.Remaining;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Quotas as clients see them, of one node, of several, and with a real PostgreSQL. */
@Timeout(120)
class QuotaTest {
  private final List<RunningGateway> nodes = new ArrayList<>();

  @AfterEach
  void stop() {
    nodes.parallelStream().forEach(RunningGateway::close);
  }

  private RunningGateway node(String more, String quota) {
    RunningGateway node = RunningGateway.start(yaml(more, quota));
    nodes.add(node);
    return node;
  }

  private static String yaml(String more, String quota) {
    return """
    listeners: {web: {address: 127.0.0.1, port: 0}}
    %s
    routes:
      - {name: a, match: {path: /a}, filters: [{quota: {%s}}], respond: {text: a}}
    """
        .formatted(more, quota);
  }

  private void stop(RunningGateway node) {
    nodes.remove(node);
    node.close();
  }

  private static Answer get(RunningGateway node) {
    try (Http http = Http.to(node.port("web"))) {
      return http.get("/a");
    }
  }

  private static long passed(RunningGateway node, int times) {
    try (Http http = Http.to(node.port("web"))) {
      return IntStream.range(0, times).filter(i -> http.get("/a").status() == 200).count();
    }
  }

  private static String header(Answer answer, String name) {
    return answer.whole().headers().firstValue(name).orElse("");
  }

  /** What a node says that is left; takes one. */
  private static long left(RunningGateway node) {
    return Remaining.of(node.port("web"), "/a");
  }

  @Test
  void answersTellWhatIsLeftOfTheMonthAndARefusalWhenTheNextBegins() {
    RunningGateway node = node("", "limit: 2, per: 1mo");
    Answer first = get(node);
    assertThat(first.status()).isEqualTo(200);
    assertThat(header(first, "ratelimit-policy"))
        .matches("\"a\";q=2;w=2(419200|505600|592000|678400)");
    assertThat(header(first, "ratelimit")).startsWith("\"a\";r=1;t=");
    assertThat(get(node).status()).isEqualTo(200);
    Answer refused = get(node);
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.reason()).isEqualTo("rate_limited");
    assertThat(refused.detail()).isEqualTo("quota a lets 2 pass in 1mo");
    assertThat(Long.parseLong(header(refused, "retry-after"))).isBetween(1L, 2_678_400L);
    assertThat(Gauges.ask(node, "/metrics"))
        .contains("sluice_quota_refused_total{quota=\"route/a\"} 1\n");
  }

  @Test
  void aDryRunRefusesNothingAndSaysSoInTheMetrics() {
    RunningGateway node = node("", "limit: 2, per: 1mo, dryRun: true");
    assertThat(passed(node, 5)).isEqualTo(5);
    assertThat(Gauges.ask(node, "/metrics"))
        .contains("sluice_quota_tolerated_total{quota=\"route/a\"} 3\n");
  }

  @Test
  void aPlanThatChangesForgetsNothingThatWasUsed() {
    RunningGateway node = node("", "limit: 5, per: 1mo");
    assertThat(passed(node, 9)).isEqualTo(5);
    assertThat(node.reload(yaml("", "limit: 8, per: 1mo"))).isTrue();
    assertThat(passed(node, 9)).isEqualTo(3);
    assertThat(node.reload(yaml("", "limit: 4, per: 1mo"))).isTrue();
    assertThat(passed(node, 9)).isZero();
  }

  @Test
  void whileTheDatabaseIsAwayAQuotaGoesOnByItselfOrRefuses() {
    String more =
        "databases: {main: {url: \"postgresql://sluice@127.0.0.1:%d/sluice\"}}"
            .formatted(Ports.free(1).getFirst());
    RunningGateway local = node(more, "limit: 1000, per: 1mo, database: main");
    RunningGateway strict =
        node(more, "limit: 1000, per: 1mo, database: main, onPartition: refuse");
    Gauges.until("it knows that nobody knows", () -> get(strict).status() == 429);
    assertThat(get(strict).detail()).isEqualTo("what other nodes have counted is not known now");
    assertThat(passed(local, 20)).isEqualTo(20);
  }

  @Test
  void countsOutliveAllNodesInADatabaseAndAreSharedThere() {
    try (Postgres postgres = Postgres.start()) {
      String more = "databases: {main: {url: \"" + postgres.database() + "\"}}";
      String quota = "limit: 100, per: 1mo, database: main";
      RunningGateway one = node(more, quota);
      RunningGateway two = node(more, quota);
      Gauges.until(
          "both have the database",
          () ->
              List.of(one, two).stream()
                  .allMatch(node -> Gauges.ask(node, "/health/ready").contains("\"open\"")));
      assertThat(passed(one, 40)).isEqualTo(40);
      assertThat(passed(two, 20)).isEqualTo(20);
      Gauges.until("each knows what the other counted", () -> left(one) < 50);
      stop(one);
      stop(two);
      RunningGateway next = node(more, quota);
      Gauges.until("it knows what was counted before it began", () -> left(next) < 40);
      assertThat(passed(next, 100)).isLessThan(40);
      stop(next);
      nodes.clear();
    }
  }

  @Test
  void countsOutliveEachNodeOfAClusterInItsTurn() throws IOException {
    List<Integer> ports = Ports.free(2);
    String quota = "limit: 100, per: 1mo";
    List<RunningGateway> all = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      all.add(node(cluster(ports, i), quota));
    }
    all.forEach(node -> Gauges.until("they are two", 30, () -> members(node) == 2));
    assertThat(passed(all.get(0), 60)).isEqualTo(60);
    Gauges.until("the other knows", () -> left(all.get(1)) < 41);
    for (int i = 0; i < 2; i++) {
      stop(all.get(i));
      RunningGateway again = node(cluster(ports, i), quota);
      all.set(i, again);
      Gauges.until("it has joined", 30, () -> members(again) == 2);
    }
    Gauges.until("nothing was forgotten", () -> left(all.get(0)) < 41);
    assertThat(passed(all.get(0), 100)).isLessThan(40);
  }

  private static long members(RunningGateway node) {
    JsonObject view = new JsonObject(Gauges.ask(node, "/cluster"));
    return view.getJsonArray("members").size();
  }

  private static String cluster(List<Integer> ports, int node) {
    return """
    cluster: {name: quotas, secret: a secret of the cluster, join: {tcp: ["127.0.0.1:%d", "127.0.0.1:%d"]}, address: 127.0.0.1, port: %d}\
    """
        .formatted(ports.get(0), ports.get(1), ports.get(node));
  }
}
