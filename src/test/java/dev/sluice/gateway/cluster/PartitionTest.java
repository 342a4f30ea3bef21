package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Fleet;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Remaining;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** One of three nodes is cut off from the two others, and heard again. */
@Tag("full")
@Timeout(900)
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs more than one address of the loopback")
class PartitionTest {
  private static final int NODES = 3;
  private static final int LIMIT = 3_000;
  private static final String YAML =
      """
      routes:
        - {name: hello, match: {path: /hello}, respond: {text: hello}}
        - {name: strict, match: {path: /strict}, filters: [{rateLimit: {rate: 1000000/d, scope: cluster, onPartition: refuse}}], respond: {text: strict}}
        - {name: lax, match: {path: /lax}, filters: [{rateLimit: {rate: 1000000/d, scope: cluster, onPartition: local}}], respond: {text: lax}}
        - {name: plan, match: {path: /plan}, filters: [{quota: {limit: 1000, per: 1mo}}], respond: {text: plan}}
        - {name: strict-plan, match: {path: /strict-plan}, filters: [{quota: {limit: 100000, per: 1mo, onPartition: refuse}}], respond: {text: plan}}
        - {name: before, match: {path: /before}, filters: [{rateLimit: {rate: 10/d, burst: 3000, scope: cluster}}], respond: {text: before}}
        - {name: after, match: {path: /after}, filters: [{rateLimit: {rate: 10/d, burst: 3000, scope: cluster}}], respond: {text: after}}
      """;

  @TempDir private Path folder;

  private static int status(Fleet.Node node, String path) {
    try (Http http = Http.to(node.web())) {
      return http.get(path).status();
    }
  }

  private static long passed(Fleet.Node node, String path, int times) {
    try (Http http = Http.to(node.web())) {
      return IntStream.range(0, times).filter(i -> http.get(path).status() == 200).count();
    }
  }

  /** A limit and a quota, both because they cannot count. */
  private static boolean refuses(Fleet.Node node) {
    return status(node, "/strict") == 429 && status(node, "/strict-plan") == 429;
  }

  /** What it still lets pass is less than what it would by itself. */
  private static void isTold(Fleet.Node node, String path) {
    assertThat(passed(node, path, LIMIT)).isLessThan(LIMIT / NODES);
  }

  private static void until(String otherwise, java.util.function.BooleanSupplier condition) {
    Gauges.until(otherwise, Fleet.PATIENCE_SECONDS, condition);
  }

  @Test
  void bothSidesServeAndAreOneAgainAfterwards() throws Exception {
    try (Fleet fleet = Fleet.wired(folder, NODES, YAML).start()) {
      Fleet.Node alone = fleet.node(0);
      List<Fleet.Node> others = fleet.nodes().subList(1, NODES);
      for (Fleet.Node node : fleet.nodes()) {
        until("it refuses among all", () -> status(node, "/strict") == 200);
      }
      assertThat(passed(alone, "/before", LIMIT)).isEqualTo(LIMIT);
      others.forEach(node -> isTold(node, "/before"));
      assertThat(passed(alone, "/plan", 100)).isEqualTo(100);
      for (Fleet.Node node : others) {
        until("it is not told of the plan", () -> Remaining.of(node.web(), "/plan") < 900);
      }

      fleet.wires().cut(0);
      Set<Fleet.Node> waiting = new HashSet<>(fleet.nodes());
      until(
          "some let pass what nobody can count",
          () -> {
            waiting.removeIf(PartitionTest::refuses); // for some seconds only
            return waiting.isEmpty();
          });
      for (Fleet.Node node : fleet.nodes()) {
        assertThat(status(node, "/lax")).as("its share passes").isEqualTo(200);
        assertThat(status(node, "/hello")).isEqualTo(200);
      }
      until("it still waits for the others", () -> alone.members() == 1);
      for (Fleet.Node node : others) {
        until("it still waits for one that is gone", () -> node.members() == NODES - 1);
      }
      for (Fleet.Node node : fleet.nodes()) {
        until("it refuses within its side", () -> status(node, "/strict") == 200);
        until("it counts within its side", () -> status(node, "/strict-plan") == 200);
        assertThat(status(node, "/before")).as("what was taken is taken").isEqualTo(429);
        assertThat(status(node, "/hello")).isEqualTo(200);
      }
      assertThat(passed(alone, "/plan", 150)).isEqualTo(150);
      assertThat(passed(others.getFirst(), "/plan", 300)).isEqualTo(300);
      until(
          "it is not told within its side",
          () -> Remaining.of(others.getLast().web(), "/plan") < 600);

      fleet.wires().heal();
      fleet.whole();
      for (Fleet.Node node : fleet.nodes()) {
        until(
            "not all say again what they serve: " + node.cluster(),
            () ->
                node.cluster().getJsonArray("members").stream()
                    .map(JsonObject.class::cast)
                    .allMatch(member ->
                        member.getLong("configVersion") == 1
                            && member.getString("version").equals("dev")));
        until("it refuses among all", () -> status(node, "/strict") == 200);
      }
      for (Fleet.Node node : fleet.nodes()) {
        until("the larger count is lost", () -> Remaining.of(node.web(), "/plan") < 600);
      }
      assertThat(passed(alone, "/after", LIMIT)).isEqualTo(LIMIT);
      for (Fleet.Node node : others) {
        isTold(node, "/after");
        assertThat(status(node, "/before")).as("nothing is forgotten").isEqualTo(429);
      }
      for (Fleet.Node node : fleet.nodes()) {
        assertThat(node.said("level=ERROR")).isEmpty();
        assertThat(node.said("Exception in thread")).isEmpty();
      }
    }
  }
}
