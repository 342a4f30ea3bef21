package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/** A moderate load for long. At its end no exchange may be left in the gateway. */
public final class Soak extends Simulation {
  public Soak() {
    Duration length = Given.duration("30m");
    int rate = Given.rate(50);
    PopulationBuilder leftovers =
        scenario("leftovers")
            .exec(
                pause(Duration.ofSeconds(2)),
                Operator.get("exchanges left", "/exchanges")
                    .check(status().is(200), jsonPath("$[*]").count().is(0)))
            .injectOpen(atOnceUsers(1));
    PopulationBuilder sockets =
        scenario("sockets")
            .exec(Calls.socket(length, Duration.ofSeconds(1)))
            .injectOpen(rampUsers(Given.users(20)).during(Duration.ofSeconds(2)));
    PopulationBuilder requests =
        scenario("requests").exec(Calls.one()).injectOpen(constantUsersPerSec(rate).during(length));
    setUp(requests, sockets.andThen(leftovers))
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            global().responseTime().percentile(99.0).lte(2_500),
            details("exchanges left").successfulRequests().count().is(1L));
  }
}
