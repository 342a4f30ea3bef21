package dev.sluice.gateway.upstream.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.KubernetesApi;
import dev.sluice.gateway.testing.Slice;
import dev.sluice.gateway.upstream.ServiceDirectory.Listing;
import dev.sluice.gateway.upstream.ServiceDirectory.Watch;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lists and watches of a service, against fabric8's mock API server. */
class KubernetesServicesTest {
  /** The client loads its classes with the first list, on a machine that does other things too. */
  private static final int LONG = 60;

  private static final EndpointSlice ONE = Slice.of("one", "10.0.0.1", 80);
  private static final EndpointSlice TWO = Slice.of("two", "10.0.0.2", 80);

  private final KubernetesServices services =
      new KubernetesServices("Sluice/test", SystemTicker.INSTANCE);
  private final List<Listing> listings = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    services.close();
  }

  private Watch watch(@Nullable String namespace) {
    return services.watch("u", new Source.Kubernetes("users", "http", namespace), listings::add);
  }

  private List<String> hosts() {
    return listings.isEmpty()
        ? List.of("nothing told")
        : listings.getLast().sockets().stream().map(SocketAddress::host).toList();
  }

  private void until(String... hosts) {
    Gauges.until(
        "never " + List.of(hosts) + " but " + listings, LONG, () -> hosts().equals(List.of(hosts)));
  }

  @Test
  void theListIsToldAndEachChangeAfterIt() throws IOException {
    try (KubernetesApi api = KubernetesApi.up()) {
      api.put(ONE);
      api.put(Slice.four("other").service("orders").port("http", 80).ready("10.9.9.9").build());
      watch("shop");
      until("10.0.0.1");
      assertThat(listings.getLast().host()).isEqualTo("users.shop.svc");
      api.put(TWO);
      until("10.0.0.1", "10.0.0.2");
      api.put(Slice.four("one").port("http", 80).starting("10.0.0.1").build());
      until("10.0.0.2");
      api.put(ONE);
      until("10.0.0.1", "10.0.0.2");
      api.remove(ONE);
      until("10.0.0.2");
      api.remove(TWO);
      until();
      assertThat(api.lists()).isEqualTo(1);
    }
  }

  @Test
  void withoutANamespaceItIsTheContexts() throws IOException {
    try (KubernetesApi api = KubernetesApi.up()) {
      api.put(ONE);
      watch(null);
      until("10.0.0.1");
      assertThat(listings.getLast().host()).isEqualTo("users.shop.svc");
    }
  }

  @Test
  void aWatchThatBreaksIsTakenUpFromItsVersion() throws IOException {
    try (KubernetesApi api = KubernetesApi.up()) {
      api.put(ONE);
      watch("shop");
      until("10.0.0.1");
      Gauges.until("no watch", LONG, () -> api.watching() == 1);
      api.put(TWO);
      until("10.0.0.1", "10.0.0.2");
      api.cut();
      Gauges.until("no second watch", LONG, () -> api.watched() == 2 && api.watching() == 1);
      api.put(Slice.of("three", "10.0.0.3", 80));
      until("10.0.0.1", "10.0.0.2", "10.0.0.3");
      assertThat(api.lists()).isEqualTo(1);
      assertThat(api.paths().getLast()).contains("resourceVersion=2", "allowWatchBookmarks=true");
    }
  }

  @Test
  void aVersionThatIsTooOldLeadsToAnotherList() throws IOException {
    try (KubernetesApi api = KubernetesApi.up();
        CapturedLog log = CapturedLog.open()) {
      api.put(ONE);
      api.forget(2);
      watch("shop");
      Gauges.until("no third list", LONG, () -> api.lists() == 3 && api.watching() == 1);
      api.put(TWO);
      until("10.0.0.1", "10.0.0.2");
      assertThat(log.lines("discovery_away")).isEmpty();
    }
  }

  @Test
  void anApiThatIsAwayAtFirstIsAskedUntilItComes() throws IOException {
    try (KubernetesApi api = KubernetesApi.down();
        CapturedLog log = CapturedLog.open()) {
      api.put(ONE);
      Watch watch = watch("shop");
      Gauges.until(
          "it says nothing", LONG, () -> watch.state().startsWith("away: ConnectException"));
      assertThat(listings).isEmpty();
      api.begin();
      until("10.0.0.1");
      Gauges.until("it does not watch", LONG, () -> watch.state().equals("watching"));
      assertThat(log.lines("event=discovery_away")).hasSize(1);
      assertThat(log.lines("event=discovery_watching"))
          .singleElement()
          .asString()
          .contains("upstream=u service=shop/users:http endpoints=1");
    }
  }

  @Test
  void whileTheApiIsAwayTheLastListStays() throws IOException {
    try (KubernetesApi api = KubernetesApi.up();
        CapturedLog log = CapturedLog.open()) {
      api.put(ONE);
      Watch watch = watch("shop");
      until("10.0.0.1");
      Gauges.until("no watch", LONG, () -> watch.state().equals("watching"));
      api.end();
      Gauges.until("it says nothing", LONG, () -> watch.state().startsWith("away"));
      assertThat(listings).hasSize(1);
      assertThat(log.lines("event=discovery_away").getFirst()).contains("keeps=1");
      api.put(TWO);
      api.begin();
      until("10.0.0.1", "10.0.0.2");
    }
  }

  @Test
  void aRefusalIsToldWithItsStatusAndOverWhenItIs() throws IOException {
    try (KubernetesApi api = KubernetesApi.up()) {
      api.put(ONE);
      api.refuse(403);
      Watch watch = watch("shop");
      Gauges.until("it says nothing", LONG, () -> watch.state().startsWith("away: 403"));
      api.refuse(0);
      until("10.0.0.1");
    }
  }

  @Test
  void aPortThatIsNotThereIsToldOnce() throws IOException {
    try (KubernetesApi api = KubernetesApi.up();
        CapturedLog log = CapturedLog.open()) {
      api.put(Slice.four("one").port("web", 80).ready("10.0.0.1").build());
      watch("shop");
      until();
      api.put(Slice.four("one").port("web", 80).ready("10.0.0.2").build());
      api.put(ONE);
      until("10.0.0.1");
      assertThat(log.lines("event=discovery_no_port"))
          .singleElement()
          .asString()
          .contains("ports=[web=80]");
    }
  }

  @Test
  void aWatchEndsWhenItIsClosedAndTheOthersGoOn() throws IOException {
    try (KubernetesApi api = KubernetesApi.up()) {
      api.put(ONE);
      Watch first = watch("shop");
      Gauges.until("no watch", LONG, () -> api.watching() == 1);
      watch("shop");
      Gauges.until("no second watch", LONG, () -> api.watching() == 2);
      first.close();
      Gauges.until("it is still open", LONG, () -> api.watching() == 1);
      services.close();
      Gauges.until("the other is still open", LONG, () -> api.watching() == 0);
    }
  }
}
