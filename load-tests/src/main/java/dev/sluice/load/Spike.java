package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.group;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/**
 * Ten times the load for a while. During the peak a gateway may refuse some (503, a breaker that
 * opens); behind it everything has to be as before.
 */
public final class Spike extends Simulation {
  private final Duration third = Given.duration("1m").dividedBy(3);

  public Spike() {
    int rate = Given.rate(50);
    setUp(phase("before", rate).andThen(phase("peak", 10 * rate).andThen(phase("after", rate))))
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().percent().lte(1.0),
            details("before").failedRequests().count().is(0L),
            details("after").failedRequests().count().is(0L),
            details("after").responseTime().percentile(95.0).lte(1_000));
  }

  private PopulationBuilder phase(String name, int rate) {
    return scenario(name)
        .exec(group(name).on(Calls.one()))
        .injectOpen(constantUsersPerSec(rate).during(third));
  }
}
