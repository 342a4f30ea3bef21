package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/**
 * The same number of requests each second, whatever the answers take: a gateway that falls behind
 * shows it.
 */
public final class Steady extends Simulation {
  private static final Duration RAMP = Duration.ofSeconds(5);

  public Steady() {
    int rate = Given.rate(200);
    Duration length = Given.duration("1m");
    double planned = rate * (length.toSeconds() + RAMP.toSeconds() / 2.0);
    setUp(
            scenario("steady")
                .exec(Calls.one())
                .injectOpen(
                    rampUsersPerSec(1).to(rate).during(RAMP),
                    constantUsersPerSec(rate).during(length)))
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            global().responseTime().percentile(50.0).lte(200),
            global().responseTime().percentile(95.0).lte(1_000),
            global().responseTime().percentile(99.0).lte(2_500),
            global().requestsPerSec().gte(0.9 * planned / (length.toSeconds() + RAMP.toSeconds())));
  }
}
