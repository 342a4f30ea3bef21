package dev.sluice.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ClusterConfig.Join;
import dev.sluice.gateway.config.ClusterConfig.WhenAlone;
import dev.sluice.gateway.config.Secret;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Ports;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is wrong with a cluster is told in one line, and the node does what it is to do then. */
@Timeout(180)
class BadClusterTest {
  private static final String SECRET = "a secret of the cluster";

  private final List<Integer> ports = Ports.free(2);

  private RunningGateway node(int index, String join, String address, String alone) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        cluster: {name: prod, secret: %s, join: {%s}, address: %s, port: %d, alone: %s}
        routes:
          - {name: hello, match: {path: /hello}, respond: {text: hello}}
        """
            .formatted(SECRET, join, address, ports.get(index), alone));
  }

  private static String state(RunningGateway gateway) {
    return new JsonObject(Gauges.ask(gateway, "/cluster")).getString("state");
  }

  private static boolean ready(RunningGateway gateway) {
    return new JsonObject(Gauges.ask(gateway, "/health/ready")).getBoolean("ready");
  }

  /** The only trouble that is logged once this node has begun to say what is wrong. */
  private String line(String join, String address) {
    try (CapturedLog log = CapturedLog.open();
        RunningGateway gateway = node(0, join, address, "serve");
        Http http = Http.to(gateway.port("web"))) {
      Gauges.until("it says nothing", 60, () -> !log.troubles().isEmpty());
      assertThat(http.get("/hello").text()).as("it serves").isEqualTo("hello");
      assertThat(ready(gateway)).isTrue();
      assertThat(log.troubles()).as("one line").hasSize(1);
      return log.troubles().getFirst();
    }
  }

  @Test
  void aPortThatIsTakenIsNamedOnceAndTriedAgain() throws Exception {
    try (CapturedLog log = CapturedLog.open()) {
      RunningGateway gateway;
      try (ServerSocket taken =
          new ServerSocket(ports.getFirst(), 1, InetAddress.getLoopbackAddress())) {
        gateway = node(0, "tcp: [\"127.0.0.1:1\"]", "127.0.0.1", "refuse");
        Gauges.until("it says nothing", 60, () -> !log.troubles().isEmpty());
        assertThat(taken.isBound()).isTrue();
        assertThat(state(gateway)).isEqualTo("joining");
        assertThat(ready(gateway)).isFalse();
      }
      try (gateway) {
        Gauges.until("it does not try again", 60, () -> state(gateway).equals("alone"));
        assertThat(log.lines("event=cluster_not_joined"))
            .singleElement()
            .asString()
            .contains("why=\"port " + ports.getFirst() + " of 127.0.0.1 is taken\"")
            .contains("is not ready and tries again");
        Gauges.until("it does not say that it is alone", () -> log.troubles().size() == 2);
      }
    }
  }

  @Test
  void aPortOfTheBusThatIsTakenIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        CapturedLog log = CapturedLog.open();
        RunningGateway gateway =
            node(
                0,
                "tcp: [\"127.0.0.1:1\"]",
                "127.0.0.1, busPort: " + taken.getLocalPort(),
                "serve")) {
      Gauges.until("it says nothing", 60, () -> !log.lines("event=cluster_not_joined").isEmpty());
      assertThat(log.lines("event=cluster_not_joined"))
          .singleElement()
          .asString()
          .contains("why=\"busPort " + taken.getLocalPort() + " is taken\"");
      assertThat(state(gateway)).as("it is no member that nobody hears").isEqualTo("joining");
    }
  }

  @Test
  void anAddressOfAnotherMachineIsNamed() {
    assertThat(line("tcp: [\"127.0.0.1:1\"]", "203.0.113.7"))
        .contains("event=cluster_not_joined")
        .contains("why=\"address 203.0.113.7 is none of this machine\"");
  }

  @Test
  void anAddressThatDoesNotResolveIsNamed() {
    assertThat(line("tcp: [\"127.0.0.1:1\"]", "no-such-host.invalid"))
        .contains("why=\"address no-such-host.invalid does not resolve\"");
  }

  @Test
  void aListInWhichNobodyAnswersIsShown() {
    assertThat(line("tcp: [\"127.0.0.1:1\", \"127.0.0.1:2\"]", "127.0.0.1"))
        .contains("event=cluster_alone cluster=prod join=127.0.0.1:1,127.0.0.1:2")
        .contains("why=\"nobody answered there\"")
        .contains("this_node=\"serves by itself and goes on looking\"");
  }

  @Test
  void aServerThatAnswersNothingIsAsGoodAsNone() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThat(line("tcp: [\"127.0.0.1:" + mute.getLocalPort() + "\"]", "127.0.0.1"))
          .contains("event=cluster_alone")
          .contains("why=\"nobody answered there\"");
    }
  }

  @Test
  void aNameWithoutAnAddressIsNamed() {
    assertThat(line("tcp: [\"no-such-host.invalid:5701\", \"127.0.0.1:1\"]", "127.0.0.1"))
        .contains("event=cluster_alone")
        .contains("why=\"no address for no-such-host.invalid, and nobody answered at the others\"");
  }

  @Test
  void aServiceWithoutAnAddressIsNamed() {
    assertThat(line("kubernetes: {service: no-such-service.invalid}", "127.0.0.1"))
        .contains("event=cluster_alone cluster=prod join=kubernetes:no-such-service.invalid")
        .contains("why=\"no address for no-such-service.invalid\"");
  }

  @Test
  void aNodeOfAnotherVersionIsTakenInAndToldOf() throws Exception {
    Vertx vertx = Vertx.vertx();
    String join = "tcp: [\"127.0.0.1:" + ports.get(0) + "\"]";
    try (CapturedLog log = CapturedLog.open();
        RunningGateway gateway = node(0, join, "127.0.0.1", "serve")) {
      Gauges.until("it has begun", 60, () -> state(gateway).equals("alone"));
      Cluster newer = member(vertx, "99.0", "127.0.0.1:" + ports.get(0));
      Gauges.until(
          "both say it", 60, () -> log.lines("event=member_of_another_version").size() == 2);
      assertThat(log.lines("event=member_of_another_version"))
          .anyMatch(line -> line.contains("version=99.0 this_node=dev"))
          .anyMatch(line -> line.contains("version=dev this_node=99.0"));
      assertThat(state(gateway)).isEqualTo("joined");
      settle(newer.leave());
    } finally {
      settle(vertx.close());
    }
  }

  @Test
  void aNodeThatLeavesWhileItLooksForOthersDoesNotGoOnLooking() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Cluster cluster = member(vertx, "dev", "127.0.0.1:" + mute.getLocalPort());
      try (Socket called = mute.accept()) {
        assertThat(called.isConnected()).isTrue();
        Future<Void> left = cluster.leave();
        Gauges.until("it goes on", 10, left::isComplete); // Hazelcast would look for half a minute
      }
    } finally {
      settle(vertx.close());
    }
  }

  @Test
  void aMemberThatIsNamedByItsHostIsFoundAtAnAddressThatIsNotThisNodes() throws Exception {
    Optional<String> other = beyondLoopback();
    Assumptions.assumeTrue(other.isPresent(), "this machine has only its loopback address");
    String join = "tcp: [\"localhost:" + ports.get(0) + "\"]";
    try (RunningGateway one = node(0, join, "127.0.0.1", "serve")) {
      Gauges.until("it has begun", 60, () -> state(one).equals("alone"));
      try (RunningGateway two = node(1, join, other.orElseThrow(), "serve")) {
        Gauges.until("it finds nobody", 60, () -> state(two).equals("joined"));
      }
    }
  }

  @Test
  void aMemberThatEndsInsideTheNodeBeginsAnew() {
    String join = "tcp: [\"127.0.0.1:%d\", \"127.0.0.1:%d\"]".formatted(ports.get(0), ports.get(1));
    try (RunningGateway one = node(0, join, "127.0.0.1", "serve");
        RunningGateway two = node(1, join, "127.0.0.1", "serve")) {
      Gauges.until("they do not meet", 60, () -> state(one).equals("joined"));
      for (HazelcastInstance each : Hazelcast.getAllHazelcastInstances()) {
        if (each.getCluster().getLocalMember().getAddress().getPort() == ports.get(1)) {
          each.getLifecycleService().terminate();
        }
      }
      Gauges.until("it is not missed", 60, () -> state(one).equals("alone"));
      Gauges.until("it does not come back", 60, () -> state(two).equals("joined"));
      Gauges.until("they do not meet again", 60, () -> state(one).equals("joined"));
    }
  }

  private Cluster member(Vertx vertx, String version, String other) {
    ClusterConfig config =
        new ClusterConfig(
            "prod",
            new Secret(SECRET),
            new Join.Tcp(List.of(other)),
            "127.0.0.1",
            ports.get(1),
            0,
            WhenAlone.SERVE);
    return HazelcastCluster.start(
        vertx, config, version, Clock.systemUTC(), SystemTicker.INSTANCE, Future.succeededFuture());
  }

  private static Optional<String> beyondLoopback() throws Exception {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .map(InetAddress::getHostAddress)
        .findFirst();
  }

  private static void settle(io.vertx.core.Future<?> step) throws Exception {
    step.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
