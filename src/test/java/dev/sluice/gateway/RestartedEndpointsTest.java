package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Load;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Endpoints die and come back, one after the other, while clients ask. */
class RestartedEndpointsTest {
  private static <T> T settle(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static HttpServer server(Vertx vertx, int port) throws Exception {
    return settle(
        vertx
            .createHttpServer()
            .requestHandler(request ->
                vertx.setTimer(
                    5,
                    timer -> {
                      if (!request.response().closed()) {
                        request.response().end("ok");
                      }
                    }))
            .listen(port, "127.0.0.1"));
  }

  @Test
  void noClientSeesAnErrorThatAHealthyEndpointCouldHaveAnswered() throws Exception {
    Vertx vertx = Vertx.vertx();
    List<HttpServer> servers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      servers.add(server(vertx, 0));
    }
    List<Integer> ports = servers.stream().map(HttpServer::actualPort).toList();
    String yaml =
        """
        listeners: {public: {port: 0}}
        upstreams: {app: {endpoints: [%s]}}
        routes:
          - name: app
            match: {path: /app}
            upstream: app
            retry: {attempts: 3, on: [connectFailure, reset], budget: 100%%}
        """
            .formatted(
                ports.stream()
                    .map(port -> "\"127.0.0.1:" + port + "\"")
                    .collect(Collectors.joining(", ")));
    try (RunningGateway gateway = RunningGateway.start(yaml)) {
      List<String> errors;
      try (Load load = Load.on(vertx, gateway.port("public"), "/app", 100)) {
        load.more(300);
        for (int round = 0; round < 2; round++) {
          for (int i = 0; i < 3; i++) {
            // Not a graceful end: connections are cut with requests on them.
            settle(servers.get(i).close());
            load.more(300);
            servers.set(i, server(vertx, ports.get(i)));
            load.more(300);
          }
        }
        errors = load.errors();
      }
      assertThat(errors).isEmpty();
    } finally {
      settle(vertx.close());
    }
  }
}
