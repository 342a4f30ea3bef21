package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.KubernetesApi;
import dev.sluice.gateway.testing.Load;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.Services;
import dev.sluice.gateway.testing.Slice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A whole gateway whose upstream is a service of Kubernetes, on the wire. */
class KubernetesDiscoveryTest {
  private static final int LONG = 60;
  private static final String LISTENER = "listeners: {web: {address: 127.0.0.1, port: 0}}\n";
  private static final String YAML =
      LISTENER
          + """
          upstreams: {users: {kubernetes: {service: users, port: http}}}
          routes: [{name: all, match: {path: "/*"}, upstream: users}]
          """;

  private static Services pod(String name) {
    return new Services().on("/", 200, "{\"pod\": \"" + name + "\"}");
  }

  private static EndpointSlice slice(String name, Services pod) {
    return Slice.of(name, "127.0.0.1", pod.port());
  }

  private static List<String> labels(RunningGateway gateway) {
    Upstream upstream = gateway.gateway().current().upstreams().get("users");
    return upstream == null
        ? List.of()
        : upstream.endpoints().stream().map(Endpoint::label).toList();
  }

  private static void untilEndpoints(RunningGateway gateway, Services... pods) {
    List<String> wanted =
        List.of(pods).stream().map(pod -> "127.0.0.1:" + pod.port()).sorted().toList();
    Gauges.until(
        "never " + wanted, LONG, () -> labels(gateway).stream().sorted().toList().equals(wanted));
  }

  @Test
  void theListenerOpensWithoutTheApiAndRequestsWaitForTheFirstList() throws Exception {
    try (KubernetesApi api = KubernetesApi.down();
        Services pod = pod("a");
        RunningGateway gateway = RunningGateway.start(YAML);
        Http http = Http.to(gateway.port("web"))) {
      api.put(slice("a", pod));
      Http.Answer refused = http.get("/");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.reason()).isEqualTo("no_healthy_endpoint");
      api.begin();
      untilEndpoints(gateway, pod);
      Gauges.until("no answer", () -> http.get("/").status() == 200);
    }
  }

  @Test
  void noRequestFailsWhilePodsComeAndGo() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (KubernetesApi api = KubernetesApi.up();
        Services a = pod("a");
        Services b = pod("b");
        Services c = pod("c")) {
      api.put(slice("a", a));
      try (RunningGateway gateway = RunningGateway.start(YAML)) {
        untilEndpoints(gateway, a);
        Http http = Http.to(gateway.port("web"));
        Gauges.until("no answer", () -> http.get("/").status() == 200);
        http.close();
        Load load = Load.on(vertx, gateway.port("web"), "/", 8);
        try (load) {
          for (int round = 0; round < 5; round++) {
            api.put(slice("b", b));
            untilEndpoints(gateway, a, b);
            load.more(50);
            api.put(slice("c", c));
            api.remove(slice("b", b));
            untilEndpoints(gateway, a, c);
            load.more(50);
            // The mock does not replay what was deleted between two watches, as a real API does.
            long watched = api.watched();
            api.cut();
            Gauges.until(
                "no new watch", LONG, () -> api.watched() > watched && api.watching() == 1);
            api.remove(slice("c", c));
            untilEndpoints(gateway, a);
          }
        }
        assertThat(load.errors()).isEmpty();
        assertThat(b.requests()).isNotEmpty();
        assertThat(c.requests()).isNotEmpty();
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void aPodThatDrainsEndsWhatItHasAndGetsNothingNew() throws Exception {
    try (KubernetesApi api = KubernetesApi.up();
        Services leaves = pod("leaves");
        Services stays = pod("stays")) {
      api.put(slice("leaves", leaves));
      try (RunningGateway gateway = RunningGateway.start(YAML);
          Http http = Http.to(gateway.port("web"))) {
        untilEndpoints(gateway, leaves);
        Gauges.until("no answer", () -> http.get("/").status() == 200);
        CompletableFuture<Http.Answer> held =
            CompletableFuture.supplyAsync(() -> http.get("/hold"));
        Gauges.until("it is not held", () -> leaves.holding() == 1);
        api.put(slice("stays", stays));
        api.put(Slice.four("leaves").port("http", leaves.port()).draining("127.0.0.1").build());
        untilEndpoints(gateway, stays);
        int before = leaves.requests().size();
        for (int i = 0; i < 20; i++) {
          assertThat(http.get("/").status()).isEqualTo(200);
        }
        assertThat(leaves.requests()).hasSize(before);
        leaves.release();
        assertThat(held.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
      }
    }
  }

  @Test
  void theWatchOfAnUpstreamThatAReloadRemovesEndsAndThatOfOneThatStaysGoesOn() throws Exception {
    String both =
        LISTENER
            + """
            upstreams:
              users: {kubernetes: {service: users, port: http, namespace: shop}}
              more: {kubernetes: {service: users, port: "80"}}
            routes:
              - {name: all, match: {path: "/*"}, upstream: users}
              - {name: more, match: {path: "/more"}, upstream: more}
            """;
    try (KubernetesApi api = KubernetesApi.up();
        RunningGateway gateway = RunningGateway.start(both)) {
      Gauges.until("not two watches", LONG, () -> api.watching() == 2);
      assertThat(
              gateway.reload(
                  LISTENER
                      + """
                      upstreams:
                        users: {kubernetes: {service: users, port: http, namespace: shop}}
                      routes: [{name: all, match: {path: "/all"}, upstream: users}]
                      """))
          .isTrue();
      Gauges.until("it is still watched", LONG, () -> api.watching() == 1);
      assertThat(api.watched()).isEqualTo(2);
    }
  }

  @Test
  void theAdminApiShowsWhereTheEndpointsComeFromAndHowItStands() throws Exception {
    try (KubernetesApi api = KubernetesApi.up();
        Services pod = pod("a")) {
      api.put(slice("a", pod));
      try (RunningGateway gateway = RunningGateway.start(YAML)) {
        untilEndpoints(gateway, pod);
        AdminClient admin = AdminClient.of(gateway);
        Upstream upstream =
            Objects.requireNonNull(gateway.gateway().current().upstreams().get("users"));
        Gauges.until("no watch", LONG, () -> "watching".equals(upstream.discovery()));
        JsonObject shown = admin.get("/upstreams").array().getJsonObject(0);
        assertThat(shown.getString("source")).isEqualTo("kubernetes users:http");
        assertThat(shown.getString("discovery")).isEqualTo("watching");
        JsonObject explained = admin.get("/explain?url=/").json();
        assertThat(explained.getJsonArray("upstreams").getJsonObject(0).getString("source"))
            .isEqualTo("kubernetes users:http");
        api.end();
        Gauges.until(
            "it does not say so",
            LONG,
            () ->
                new JsonArray(Gauges.ask(gateway, "/upstreams"))
                    .getJsonObject(0)
                    .getString("discovery")
                    .startsWith("away: "));
      }
    }
  }
}
