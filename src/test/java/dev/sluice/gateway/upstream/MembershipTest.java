package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Address;
import dev.sluice.gateway.config.UpstreamConfig.Balance;
import dev.sluice.gateway.config.UpstreamConfig.Ejection;
import dev.sluice.gateway.config.UpstreamConfig.HostHeader;
import dev.sluice.gateway.config.UpstreamConfig.Pool;
import dev.sluice.gateway.config.UpstreamConfig.Protocol;
import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.testing.FakeTicker;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.NameServer;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which endpoints an upstream has, where they come from and go to, and why it has none. */
class MembershipTest {
  private final Vertx vertx = Vertx.vertx();
  private final NameServer server = NameServer.start();
  private final Names names = new Names(server.address());
  private final Prober prober = new Prober(vertx, "Sluice/test");
  private final Promise<SocketAddress> embedded = Promise.promise();
  private final UpstreamFactory factory =
      new UpstreamFactory(
          List.of(),
          connection -> ConnectionGuard.NONE,
          kind -> embedded.future(),
          names,
          (upstream, service, found) -> new Listed(found),
          prober,
          new FakeTicker(),
          BreakerListener.NONE,
          EjectionListener.NONE);

  private volatile Consumer<ServiceDirectory.Listing> list = listing -> {};
  private final AtomicInteger watched = new AtomicInteger();

  /** A directory that says what the test lets it say. */
  private final class Listed implements ServiceDirectory.Watch {
    Listed(Consumer<ServiceDirectory.Listing> found) {
      list = found;
      watched.incrementAndGet();
    }

    @Override
    public String state() {
      return "watching";
    }

    @Override
    public void close() {
      watched.decrementAndGet();
    }
  }

  @AfterEach
  void close() throws Exception {
    prober.close();
    names.close();
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private LiveUpstream open(Source source) {
    Duration second = Duration.ofSeconds(1);
    return factory.open(
        new UpstreamConfig(
            "u",
            source,
            Protocol.HTTP1,
            null,
            new HostHeader.Preserve(),
            new Balance.RoundRobin(),
            null,
            new Pool(4, 0, 4, second, second, second, null, 0),
            null,
            null,
            new Ejection(3, Duration.ofSeconds(30), Duration.ofSeconds(300), 0.5)));
  }

  private static List<String> labels(LiveUpstream upstream) {
    return upstream.endpoints().stream().map(Endpoint::label).toList();
  }

  private static void fail(Endpoint endpoint) {
    for (int i = 0; i < 3; i++) {
      endpoint.begin();
      endpoint.end(Outcome.FAILURE, 1);
    }
  }

  @Test
  void onlyANameThatIsNotFoundIsADnsFailure() {
    server.fourFails(NameServer.NO_SUCH_NAME);
    server.sixFails(NameServer.NO_SUCH_NAME);
    LiveUpstream named = open(new Source.Dns("later.test", 80));
    assertThat(named.unavailable()).isEqualTo(Failure.DNS_FAILED);
    server.four("10.0.0.1");
    Gauges.until("not found", () -> !named.endpoints().isEmpty());
    assertThat(named.unavailable()).isEqualTo(Failure.NO_HEALTHY_ENDPOINT);
    named.close();
  }

  @Test
  void aServerInThisProcessThatStartsOrCannotIsNoDnsFailure() {
    LiveUpstream starting = open(new Source.Embedded("echo"));
    assertThat(starting.endpoints()).isEmpty();
    assertThat(starting.unavailable()).isEqualTo(Failure.NO_HEALTHY_ENDPOINT);
    embedded.fail("no port is free");
    assertThat(starting.unavailable()).isEqualTo(Failure.NO_HEALTHY_ENDPOINT);
  }

  @Test
  void addressesAndSocketsAreThereAtOnceAndNamesBesideThemLater() {
    server.fourFails(NameServer.SERVER_FAILURE);
    LiveUpstream upstream =
        open(
            new Source.Endpoints(
                List.of(
                    new Address("127.0.0.1", 81, 1),
                    new Address("::1", 82, 1),
                    new Address("unix:/tmp/a.sock", 0, 1),
                    new Address("users.test", 83, 1))));
    assertThat(labels(upstream))
        .containsExactly("127.0.0.1:81", "[0:0:0:0:0:0:0:1]:82", "unix:/tmp/a.sock");
    assertThat(upstream.unavailable()).isEqualTo(Failure.NO_HEALTHY_ENDPOINT);
    server.four("10.0.0.1");
    Gauges.until("not found", () -> labels(upstream).contains("10.0.0.1:83"));
    upstream.close();
  }

  @Test
  void anEjectedEndpointWhoseAddressGoesLeavesItsPlaceToAnother() {
    server.four("10.0.0.1", "10.0.0.2");
    LiveUpstream upstream = open(new Source.Dns("users.test", 80));
    Gauges.until("not found", () -> upstream.endpoints().size() == 2);
    Endpoint leaves = upstream.endpoints().get(0);
    Endpoint stays = upstream.endpoints().get(1);
    fail(leaves);
    fail(stays);
    assertThat(leaves.ejected()).isTrue();
    assertThat(stays.ejected()).as("the last one").isFalse();
    server.four("10.0.0.2", "10.0.0.3");
    Gauges.until("it stays", () -> labels(upstream).equals(List.of("10.0.0.2:80", "10.0.0.3:80")));
    assertThat(upstream.endpoints().getFirst()).isSameAs(stays);
    fail(stays);
    assertThat(stays.ejected()).isTrue();
    fail(leaves);
    assertThat(leaves.ejected()).as("it is no more").isFalse();
    upstream.close();
  }

  private static ServiceDirectory.Listing listing(String... addresses) {
    return new ServiceDirectory.Listing(
        "users.shop.svc",
        Stream.of(addresses).map(address -> SocketAddress.inetSocketAddress(80, address)).toList());
  }

  @Test
  void endpointsThatStayInAListKeepTheirStateAndThoseThatLeaveItGo() {
    LiveUpstream upstream = open(new Source.Kubernetes("users", "http", "shop"));
    assertThat(upstream.unavailable()).isEqualTo(Failure.NO_HEALTHY_ENDPOINT);
    list.accept(listing("10.0.0.1", "10.0.0.2", "fd00::1"));
    assertThat(labels(upstream))
        .containsExactly("10.0.0.1:80", "10.0.0.2:80", "[fd00:0:0:0:0:0:0:1]:80");
    Endpoint stays = upstream.endpoints().get(1);
    fail(stays);
    list.accept(listing("10.0.0.2", "10.0.0.3"));
    assertThat(labels(upstream)).containsExactly("10.0.0.2:80", "10.0.0.3:80");
    assertThat(upstream.endpoints().getFirst()).isSameAs(stays);
    assertThat(stays.ejected()).isTrue();
    list.accept(listing());
    assertThat(upstream.endpoints()).isEmpty();
    assertThat(upstream.unavailable()).isEqualTo(Failure.NO_HEALTHY_ENDPOINT);
    upstream.close();
  }

  @Test
  void aServiceIsWatchedForAsLongAsItsUpstreamIsThere() {
    LiveUpstream upstream = open(new Source.Kubernetes("users", "http", null));
    assertThat(upstream.discovery()).isEqualTo("watching");
    assertThat(watched).hasValue(1);
    upstream.close();
    assertThat(watched).hasValue(0);
  }

  @Test
  void theServicesFullNameIsWhatTlsAsksFor() {
    LiveUpstream upstream = open(new Source.Kubernetes("users", "http", null));
    list.accept(listing("10.0.0.1"));
    assertThat(upstream.endpoints().getFirst().host()).isEqualTo("users.shop.svc");
    assertThat(upstream.endpoints().getFirst().authority()).isEqualTo("users.shop.svc:80");
    upstream.close();
  }
}
