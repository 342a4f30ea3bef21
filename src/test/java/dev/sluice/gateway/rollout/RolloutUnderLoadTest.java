package dev.sluice.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Load;
import dev.sluice.gateway.testing.Postgres;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** New versions for three nodes while clients ask all of them and WebSockets are open. */
@Timeout(300)
class RolloutUnderLoadTest {
  private static final int NODES = 3;
  private static final int SOCKETS = 40;
  private static final int CLIENTS = 20;

  @TempDir private Path folder;

  private static <T> T settle(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private RunningGateway node(String database, int index) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        databases: {main: {url: "%s"}}
        config: {source: database, database: main, copy: %s}
        """
            .formatted(database, folder.resolve("" + index)));
  }

  private static String routing(int upstream, int round) {
    return """
    upstreams:
      live: {endpoints: ["127.0.0.1:%d"], pool: {connections: 400}}
      other: {endpoints: ["127.0.0.1:%d"], pool: {connections: %d}}
    routes:
      - {name: live, match: {path: /live}, upstream: live}
      - {name: ws, match: {path: /ws}, upstream: live}
      - {name: other, match: {path: /other}, upstream: other}
      - {name: r%d, match: {path: /r%d}, respond: {text: r}}
    """
        .formatted(upstream, upstream, 300 + round % 5, round, round);
  }

  @Test
  void twentyVersionsCostNoAnswerAndNoWebSocketOnAnyNode() throws Exception {
    versions(20);
  }

  @Test
  @Tag("full")
  void twoHundredVersionsCostNoAnswerAndNoWebSocketOnAnyNode() throws Exception {
    versions(200);
  }

  private void versions(int count) throws Exception {
    Vertx vertx = Vertx.vertx();
    List<AutoCloseable> open = new ArrayList<>();
    try (Postgres postgres = Postgres.start()) {
      String database = postgres.database();
      HttpServer upstream =
          settle(
              vertx
                  .createHttpServer()
                  .webSocketHandler(socket -> socket.textMessageHandler(socket::writeTextMessage))
                  .requestHandler(request -> request.response().end("hello"))
                  .listen(0, "127.0.0.1"));
      List<RunningGateway> nodes = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        RunningGateway node = node(database, i);
        open.add(node);
        nodes.add(node);
      }
      List<Http> admins = nodes.stream().map(node -> Http.to(node.adminPort())).toList();
      open.addAll(admins);
      put(admins.getFirst(), routing(upstream.actualPort(), 0), 1);
      all(nodes, 1);

      AtomicInteger dropped = new AtomicInteger();
      WebSocketClient client =
          vertx.createWebSocketClient(
              new WebSocketClientOptions().setMaxConnections(NODES * SOCKETS));
      List<WebSocket> sockets = new ArrayList<>();
      List<Load> loads = new ArrayList<>();
      for (RunningGateway node : nodes) {
        for (int i = 0; i < SOCKETS; i++) {
          WebSocket socket = settle(client.connect(node.port("web"), "127.0.0.1", "/ws"));
          socket.closeHandler(nothing -> dropped.incrementAndGet());
          sockets.add(socket);
        }
        loads.add(Load.on(vertx, node.port("web"), "/live", CLIENTS));
        loads.add(Load.on(vertx, node.port("web"), "/other", CLIENTS));
      }
      for (int round = 1; round <= count; round++) {
        put(admins.get(round % NODES), routing(upstream.actualPort(), round), round + 1);
        for (Load load : loads) {
          load.more(5);
        }
      }
      all(nodes, count + 1);
      for (Load load : loads) {
        load.close();
        assertThat(load.errors()).isEmpty();
        assertThat(load.answers()).isGreaterThan(count * 5L);
      }
      for (WebSocket socket : sockets) {
        CompletableFuture<String> echo = new CompletableFuture<>();
        socket.textMessageHandler(echo::complete);
        settle(socket.writeTextMessage("still here"));
        assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo("still here");
      }
      assertThat(dropped).hasValue(0);
    } finally {
      for (AutoCloseable each : open) {
        each.close();
      }
      settle(vertx.close());
    }
  }

  private static void put(Http admin, String text, int version) {
    Http.Answer answer = admin.ask("PUT", "/config", text);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.json().getInteger("version")).isEqualTo(version);
  }

  private static void all(List<RunningGateway> nodes, int version) {
    for (RunningGateway node : nodes) {
      Gauges.until(
          "a node does not serve version " + version,
          () ->
              new JsonObject(Gauges.ask(node, "/config/status")).getInteger("version") == version);
    }
  }
}
