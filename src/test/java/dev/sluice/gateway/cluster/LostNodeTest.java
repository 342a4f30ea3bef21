package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Balancer;
import dev.sluice.gateway.testing.Clients;
import dev.sluice.gateway.testing.EchoServer;
import dev.sluice.gateway.testing.Fleet;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Remaining;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node that is killed while clients ask all of them. */
@Tag("full")
@Timeout(600)
class LostNodeTest {
  private static final int NODES = 3;
  private static final int CLIENTS = 24;
  private static final int LIMIT = 60;
  private static final int PLAN = 1_000;
  private static final int USED = 400;

  @TempDir private Path folder;

  @Test
  void costsOnlyWhatWasUnderWayOnItAndLimitsAndQuotasStayOne() throws Exception {
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.of(folder, NODES, yaml(echo)).start();
        Balancer balancer = Balancer.over(fleet);
        Clients clients = Clients.on(balancer, CLIENTS)) {
      clients.more(CLIENTS * 10);
      Fleet.Node killed = fleet.node(0);
      assertThat(passed(killed, "/plan", USED)).isEqualTo(USED);
      Gauges.until("what it counted stays with it", 10, () -> left(fleet.node(1)) < PLAN - USED);
      killed.process().kill();
      for (Fleet.Node other : fleet.nodes().subList(1, NODES)) {
        Gauges.until("it is not missed", 10, () -> other.members() == NODES - 1);
        Gauges.until("it says nothing", 10, () -> !other.said("event=member_lost").isEmpty());
        assertThat(other.said("event=member_lost"))
            .singleElement()
            .asString()
            .contains(killed.address());
      }
      clients.more(CLIENTS * 10);
      long passed =
          IntStream.range(1, NODES)
              .mapToLong(node -> passed(fleet.node(node), "/slow", LIMIT))
              .sum();
      assertThat(passed)
          .as("what the second lets pass the third hears of within 100 ms, or owes")
          .isBetween((long) LIMIT, LIMIT * 2L - 1);
      Gauges.until("the third knows it", 10, () -> passed(fleet.node(2), "/slow", 1) == 0);
      Gauges.until("what it counted died with it", 10, () -> left(fleet.node(2)) < PLAN - USED);
      killed.start();
      fleet.whole();
      Gauges.until("it does not learn what was counted", 10, () -> left(killed) < PLAN - USED);
      clients.more(CLIENTS * 10);
      clients.close();
      assertThat(clients.failed())
          .as("one for each client at most")
          .hasSizeLessThanOrEqualTo(CLIENTS)
          .allMatch(asked -> asked.node() == killed.index());
    }
  }

  private static String yaml(EchoServer echo) {
    return """
    upstreams: {echo: {endpoints: ["127.0.0.1:%d"]}}
    routes:
      - {name: hello, match: {path: /hello}, respond: {text: hello}}
      - {name: echo, match: {path: /echo}, upstream: echo}
      - {name: slow, match: {path: /slow}, filters: [{rateLimit: {rate: %d/d, scope: cluster}}], respond: {text: slow}}
      - {name: plan, match: {path: /plan}, filters: [{quota: {limit: %d, per: 1mo}}], respond: {text: plan}}
    """
        .formatted(echo.port(), LIMIT, PLAN);
  }

  private static long left(Fleet.Node node) {
    return Remaining.of(node.web(), "/plan");
  }

  private static long passed(Fleet.Node node, String path, int times) {
    try (Http http = Http.to(node.web())) {
      return IntStream.range(0, times).filter(i -> http.get(path).status() == 200).count();
    }
  }
}
