package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Balancer;
import dev.sluice.gateway.testing.Clients;
import dev.sluice.gateway.testing.EchoServer;
import dev.sluice.gateway.testing.Fleet;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawWebSocket;
import dev.sluice.gateway.testing.Remaining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that leave their cluster as they should: one after the other, and all at once. */
@Tag("full")
@Timeout(1200)
class RollingRestartTest {
  private static final int NODES = 3;
  private static final int CLIENTS = 24;
  private static final int GOING_AWAY = 1001;
  private static final int END_SECONDS = 60;

  @TempDir private Path folder;

  private static String yaml(EchoServer echo) {
    return """
    drain: {delay: 1s, timeout: 10s}
    upstreams: {echo: {endpoints: ["127.0.0.1:%d"]}}
    routes:
      - {name: hello, match: {path: /hello}, respond: {text: hello}}
      - {name: echo, match: {path: /echo}, upstream: echo}
      - {name: ws, match: {path: /ws}, upstream: echo}
      - {name: plan, match: {path: /plan}, filters: [{quota: {limit: 1000, per: 1mo}}], respond: {text: plan}}
    """
        .formatted(echo.port());
  }

  @Test
  void ofAllNodesInTurnCostsNoRequest() throws Exception {
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.of(folder, NODES, yaml(echo)).start();
        Balancer balancer = Balancer.heeding(fleet);
        Clients clients = Clients.on(balancer, CLIENTS)) {
      clients.more(CLIENTS * 10);
      for (int i = 0; i < 400; i++) {
        Remaining.of(fleet.node(0).web(), "/plan"); // handed in as it leaves, if not before
      }
      for (Fleet.Node leaving : fleet.nodes()) {
        List<RawWebSocket> sockets = sockets(leaving);
        leaving.process().terminate();
        for (RawWebSocket socket : sockets) {
          assertThat(socket.read().closeCode()).isEqualTo(GOING_AWAY);
          socket.close();
        }
        assertThat(leaving.process().ended(END_SECONDS)).isZero();
        for (Fleet.Node other : fleet.nodes()) {
          if (other != leaving) {
            Gauges.until("it has not left", () -> other.members() == NODES - 1);
            assertThat(other.said("event=member_lost")).as("it said that it leaves").isEmpty();
          }
        }
        clients.more(CLIENTS * 10);
        leaving.start();
        fleet.whole();
        clients.more(CLIENTS * 10);
      }
      for (Fleet.Node node : fleet.nodes()) {
        Gauges.until("what was used is forgotten", () -> Remaining.of(node.web(), "/plan") < 600);
      }
      clients.close();
      assertThat(clients.failed()).isEmpty();
      for (Fleet.Node node : fleet.nodes()) {
        assertThat(node.said("level=ERROR")).isEmpty();
      }
    }
  }

  private static List<RawWebSocket> sockets(Fleet.Node node) throws IOException {
    List<RawWebSocket> sockets = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      sockets.add(RawWebSocket.connect(node.web(), "/ws", ""));
    }
    return sockets;
  }

  @Test
  void allMayLeaveAtOnce() throws Exception {
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.of(folder, NODES, yaml(echo)).start()) {
      fleet.nodes().forEach(node -> node.process().terminate());
      for (Fleet.Node node : fleet.nodes()) {
        assertThat(node.process().ended(END_SECONDS)).isZero();
        assertThat(node.said("level=ERROR")).isEmpty();
      }
    }
  }

  @Test
  void oneThatStillLooksForOthersLeavesAsWell() throws Exception {
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.of(folder, NODES, yaml(echo))) {
      Fleet.Node node = fleet.node(0);
      node.start();
      Gauges.until("it is not ready", Fleet.PATIENCE_SECONDS, node::ready);
      node.process().terminate();
      assertThat(node.process().ended(END_SECONDS)).isZero();
      assertThat(node.said("level=ERROR")).isEmpty();
    }
  }
}
