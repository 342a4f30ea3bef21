package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.forAll;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.Simulation;

/** Few users and every kind of route: whether it works at all. */
public final class Smoke extends Simulation {
  public Smoke() {
    setUp(
            scenario("smoke")
                .exec(during(Given.duration("10s")).on(Calls.all()))
                .injectOpen(atOnceUsers(Given.users(5))))
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            forAll().successfulRequests().count().gte(1L),
            // The first of them wait for the embedded servers' start.
            global().responseTime().percentile(95.0).lte(2_000));
  }
}
