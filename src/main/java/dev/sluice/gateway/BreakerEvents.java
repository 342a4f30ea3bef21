package dev.sluice.gateway;

import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.upstream.BreakerListener;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonObject;

/**
 * Publishes changes of breakers on the event bus in the notification format of
 * vertx-circuit-breaker, so that what listens to that one hears ours as well. Times are in
 * milliseconds. Any thread.
 */
final class BreakerEvents implements BreakerListener {
  /** Where vertx-circuit-breaker publishes by default. */
  static final String ADDRESS = "vertx.circuit-breaker";

  private static final DeliveryOptions LOCAL = new DeliveryOptions().setLocalOnly(true);

  private final Vertx vertx;

  BreakerEvents(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public void changed(String upstream, Breaker breaker, Breaker.Change change) {
    JsonObject event =
        new JsonObject()
            .put("name", upstream)
            .put("node", "local")
            .put("state", change.to().name())
            .put("failures", change.failures())
            .put("resetTimeout", breaker.policy().open().toMillis())
            .put("metricRollingWindow", breaker.policy().window().toMillis());
    vertx.eventBus().publish(ADDRESS, event, LOCAL);
  }
}
