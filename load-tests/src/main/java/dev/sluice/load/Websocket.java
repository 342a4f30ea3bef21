package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/** Many WebSockets at once; each message has to come back as it was. */
public final class Websocket extends Simulation {
  private static final Duration PAUSE = Duration.ofMillis(200);

  public Websocket() {
    Duration length = Given.duration("30s");
    int users = Given.users(100);
    // Each may send five a second; one is asked for.
    long messages = users * length.toSeconds();
    setUp(
            scenario("websocket")
                .exec(Calls.socket(length, PAUSE))
                .injectOpen(rampUsers(users).during(Duration.ofSeconds(2))))
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            details("connect").successfulRequests().count().is((long) users),
            details("message").successfulRequests().count().gte(messages),
            details("message").responseTime().percentile(95.0).lte(1_000));
  }
}
