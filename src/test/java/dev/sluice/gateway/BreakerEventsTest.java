package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.BreakerPolicy;
import dev.sluice.gateway.testing.FakeTicker;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BreakerEventsTest {
  @Test
  void aChangeIsPublishedInTheFormOfVertxCircuitBreaker() throws Exception {
    Vertx vertx = Vertx.vertx();
    CompletableFuture<JsonObject> heard = new CompletableFuture<>();
    vertx
        .eventBus()
        .<JsonObject>consumer("vertx.circuit-breaker", message -> heard.complete(message.body()));
    BreakerPolicy policy =
        new BreakerPolicy(
            0.5,
            20,
            Duration.ofSeconds(10),
            5,
            Duration.ofSeconds(3),
            Duration.ofSeconds(60),
            1,
            null);
    BreakerEvents events = new BreakerEvents(vertx);
    Breaker breaker = new Breaker(policy, new FakeTicker(), (changed, from, to) -> {});
    events.changed("users", breaker, Breaker.State.CLOSED, Breaker.State.OPEN);
    assertThat(heard.get(20, TimeUnit.SECONDS))
        .isEqualTo(
            new JsonObject()
                .put("name", "users")
                .put("node", "local")
                .put("state", "OPEN")
                .put("failures", 0L)
                .put("resetTimeout", 3000L)
                .put("metricRollingWindow", 10_000L));
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
