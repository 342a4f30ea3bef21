package dev.sluice.gateway.database;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Postgres;
import dev.sluice.gateway.testing.RunningGateway;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A database that goes and comes back while nobody asks it. */
@Timeout(120)
class AwayTest {
  private static final int SLOW = 30;

  private static boolean open(RunningGateway gateway) {
    JsonObject ready = new JsonObject(Gauges.ask(gateway, "/health/ready"));
    return "open".equals(ready.getJsonObject("databases").getString("main"));
  }

  @Test
  void showsInReadinessAndMetrics() {
    Postgres postgres = Postgres.start();
    try (RunningGateway gateway =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            databases: {main: {url: "%s"}}
            routes: []
            """
                .formatted(postgres.database()))) {
      Gauges.until("it does not open", SLOW, () -> open(gateway));
      postgres.stop();
      Gauges.until("it is not missed", SLOW, () -> !open(gateway));
      Gauges.until(
          "no metric tells",
          SLOW,
          () ->
              Gauges.ask(gateway, "/metrics").contains("sluice_database_up{database=\"main\"} 0"));
      postgres.again();
      Gauges.until("it does not come back", SLOW, () -> open(gateway));
    } finally {
      postgres.close();
    }
  }
}
