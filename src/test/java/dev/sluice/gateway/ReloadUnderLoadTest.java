package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Load;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Reloads while clients ask and WebSockets are open. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReloadUnderLoadTest {
  private static final int SOCKETS = 200;
  private static final int IN_FLIGHT = 100;
  private Vertx vertx;
  private HttpServer upstream;

  @BeforeAll
  void startUpstream() throws Exception {
    vertx = Vertx.vertx();
    upstream =
        settle(
            vertx
                .createHttpServer()
                .webSocketHandler(socket -> socket.textMessageHandler(socket::writeTextMessage))
                .requestHandler(request ->
                    vertx.setTimer(2, timer -> request.response().end("hello from upstream")))
                .listen(0, "127.0.0.1"));
  }

  @AfterAll
  void stop() throws Exception {
    settle(vertx.close());
  }

  private static <T> T settle(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /**
   * Each differs from the one before: a route, an upstream, a port, limits of the listener, the
   * access log.
   */
  private String yaml(int round) {
    String listeners = "public: {port: 0, maxHeaders: " + (100 + round % 3) + "}";
    if (round % 2 == 1) {
      listeners += ", extra: {port: 0}";
    }
    return """
    listeners: {%s}
    upstreams:
      live: {endpoints: ["127.0.0.1:%d"], pool: {connections: 400}}
      other: {endpoints: ["127.0.0.1:%d"], pool: {connections: %d}}
    routes:
      - {name: live, match: {path: /live}, upstream: live}
      - {name: ws, match: {path: /ws}, upstream: live}
      - {name: other, match: {path: /other}, upstream: other}
      - {name: r%d, match: {path: /r%d}, respond: {text: r}}
    """
        .formatted(
            listeners, upstream.actualPort(), upstream.actualPort(), 300 + round % 5, round, round);
  }

  @Test
  void twentyReloadsUnderLoadCostNoAnswerAndNoWebSocket() throws Exception {
    reloads(20);
  }

  @Test
  @Tag("full")
  void twoHundredReloadsUnderLoadCostNoAnswerAndNoWebSocket() throws Exception {
    reloads(200);
  }

  private void reloads(int count) throws Exception {
    try (RunningGateway gateway = RunningGateway.start(yaml(0))) {
      int port = gateway.port("public");
      AtomicInteger dropped = new AtomicInteger();
      WebSocketClient client =
          vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(SOCKETS));
      List<WebSocket> sockets = new ArrayList<>();
      for (int i = 0; i < SOCKETS; i++) {
        WebSocket socket = settle(client.connect(port, "127.0.0.1", "/ws"));
        socket.closeHandler(nothing -> dropped.incrementAndGet());
        sockets.add(socket);
      }
      List<String> errors = new ArrayList<>();
      long answered;
      try (Load live = Load.on(vertx, port, "/live", IN_FLIGHT / 2);
          Load other = Load.on(vertx, port, "/other", IN_FLIGHT / 2)) {
        live.more(100);
        other.more(100);
        for (int round = 1; round <= count; round++) {
          assertThat(gateway.reload(yaml(round))).isTrue();
          live.more(20);
          other.more(20);
        }
        answered = live.answers() + other.answers();
        errors.addAll(live.errors());
        errors.addAll(other.errors());
      }
      assertThat(errors).isEmpty();
      assertThat(answered).isGreaterThan(count * 40L);
      assertThat(gateway.gateway().current().version()).isEqualTo(count + 1);
      for (WebSocket socket : sockets) {
        java.util.concurrent.CompletableFuture<String> echo =
            new java.util.concurrent.CompletableFuture<>();
        socket.textMessageHandler(echo::complete);
        settle(socket.writeTextMessage("still here"));
        assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo("still here");
      }
      assertThat(dropped).hasValue(0);
      settle(client.close());
    }
  }

  @Test
  void twoHundredReloadsLeaveNothingBehind() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(yaml(0))) {
      for (int round = 1; round <= 20; round++) {
        assertThat(gateway.reload(yaml(round))).isTrue();
      }
      int threads = ManagementFactory.getThreadMXBean().getThreadCount();
      long heap = used();
      for (int round = 21; round <= 220; round++) {
        assertThat(gateway.reload(yaml(round))).isTrue();
      }
      assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
          .isLessThanOrEqualTo(threads + 4);
      // 200 configurations with their routes, meters and clients would be tens of megabytes.
      assertThat(used()).isLessThan(heap + (16 << 20));
      String metrics = dev.sluice.gateway.testing.AdminClient.of(gateway).get("/metrics").text();
      assertThat(
              metrics
                  .lines()
                  .filter(line -> line.contains("route=\"r") && !line.contains("r220"))
                  .toList())
          .isEmpty();
      assertThat(gateway.gateway().current().routes().routes()).hasSize(4);
    }
  }

  private static long used() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
