package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.group;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Twice of what one limit of all nodes lets pass, four in five at the first node. As many as the
 * limit's rate have to pass, whichever nodes they came to.
 */
public final class ClusterLimits extends Simulation {
  private static final double FIRST_SHARE = 0.8;
  private static final double TOLERANCE = 0.02;

  public ClusterLimits() {
    int rate = Given.rate(1_000);
    Duration length = Given.duration("1m");
    List<String> nodes = Given.urls();
    double others = nodes.size() == 1 ? 0 : (1 - FIRST_SHARE) / (nodes.size() - 1);
    List<PopulationBuilder> populations = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      double share = nodes.size() == 1 ? 1 : i == 0 ? FIRST_SHARE : others;
      populations.add(
          scenario("node " + (i + 1))
              .exec(ask(nodes.get(i)))
              .injectOpen(constantUsersPerSec(2 * rate * share).during(length)));
    }
    // The bucket is full at the beginning, with the rate of one second.
    long expected = rate * (length.toSeconds() + 1);
    setUp(populations)
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            details("admitted").successfulRequests().count().deviatesAround(expected, TOLERANCE));
  }

  /** One request; to be refused is as good an answer, but it does not count as admitted. */
  private static ChainBuilder ask(String node) {
    return exec(
        http("limited")
            .get(node + "/load/limited")
            .check(status().in(200, 429), status().saveAs("answer")),
        doIf(session -> session.getInt("answer") == 200)
            .then(group("admitted").on(exec(session -> session))));
  }
}
