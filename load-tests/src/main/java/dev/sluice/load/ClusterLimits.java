package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.group;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
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
 * limit's rate have to pass, whichever nodes they came to. Before it counts, the same load empties
 * the buckets and warms up both sides.
 */
public final class ClusterLimits extends Simulation {
  private static final Duration WARM_UP = Duration.ofSeconds(10);
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
      ChainBuilder ask = ask(nodes.get(i));
      populations.add(
          scenario("warm-up of node " + (i + 1))
              .exec(ask)
              .injectOpen(constantUsersPerSec(2 * rate * share).during(WARM_UP)));
      populations.add(
          scenario("node " + (i + 1))
              .exec(ask, countAdmitted())
              .injectOpen(
                  nothingFor(WARM_UP), constantUsersPerSec(2 * rate * share).during(length)));
    }
    setUp(populations)
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            details("admitted")
                .successfulRequests()
                .count()
                .deviatesAround(rate * length.toSeconds(), TOLERANCE));
  }

  /** One request; to be refused is as good an answer. */
  private static ChainBuilder ask(String node) {
    return exec(
        http("limited")
            .get(node + "/load/limited")
            .check(status().in(200, 429), status().saveAs("answer")));
  }

  /** Gatling counts by names that are known beforehand: a group that has nothing in it. */
  private static ChainBuilder countAdmitted() {
    return doIf(session -> session.getInt("answer") == 200)
        .then(group("admitted").on(exec(session -> session)));
  }
}
