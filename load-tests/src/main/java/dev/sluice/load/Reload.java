package dev.sluice.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.doIfOrElse;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.pace;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;
import java.util.Objects;

/**
 * Changes a route and an upstream again and again while users ask and WebSockets are open. Where
 * the routing part stands in a database each change is a version that is put there; else it is a
 * file among those that the gateway includes.
 */
public final class Reload extends Simulation {
  private static final Duration EACH = Duration.ofMillis(500);

  /** Until the last of what users asked for has its answer. */
  private static final Duration QUIET = Duration.ofSeconds(3);

  public Reload() {
    Duration length = Given.duration("30s");
    int users = Given.users(20);
    PopulationBuilder asking =
        scenario("users")
            .exec(
                during(length)
                    .on(
                        exec(
                            Calls.one(),
                            http("forwarded").get("/load/forwarded").check(status().is(200)),
                            pause(Duration.ofMillis(50)))))
            .injectOpen(atOnceUsers(users));
    PopulationBuilder sockets =
        scenario("sockets").exec(Calls.socket(length, EACH)).injectOpen(atOnceUsers(users));
    PopulationBuilder operator =
        scenario("operator")
            .exec(
                source(),
                during(length, "round").on(exec(pace(EACH), change())),
                pause(QUIET),
                restore())
            .injectOpen(atOnceUsers(1));
    setUp(
            scenario("first change")
                .exec(source(), change())
                .injectOpen(atOnceUsers(1))
                .andThen(asking, sockets, operator))
        .protocols(Calls.protocol())
        .assertions(
            global().failedRequests().count().is(0L),
            // Half of what is tried for: a large configuration takes longer than its turn.
            details("changed").successfulRequests().count().gte(length.toSeconds()),
            global().responseTime().percentile(99.0).lte(2_500));
  }

  /** Where the routing part stands, and what it was. */
  private static ChainBuilder source() {
    return exec(
        Operator.get("source", "/config")
            .header("accept", "application/json")
            .check(
                status().in(200, 409),
                status().saveAs("source"),
                bodyString().saveAs("routing"),
                header("etag").optional().saveAs("etag")));
  }

  private static boolean inDatabase(Session session) {
    return session.getInt("source") == 200;
  }

  /** One change, and a look at whether it holds. */
  private static ChainBuilder change() {
    return exec(
        doIfOrElse(Reload::inDatabase)
            .then(
                exec(
                    Operator.put("put", "/config?author=load-tests")
                        .body(StringBody(s -> ChangingRoutes.within(text(s), round(s))))
                        .check(status().is(200))))
            .orElse(
                exec(
                        session -> {
                          ChangingRoutes.write(round(session));
                          return session;
                        })
                    .exec(reload())),
        http("changed")
            .get("/load/changing")
            .check(status().is(200), bodyString().is(s -> String.valueOf(round(s)))));
  }

  private static ChainBuilder restore() {
    return doIfOrElse(Reload::inDatabase)
        .then(
            exec(
                Operator.put("put back", "/config?author=load-tests")
                    .body(StringBody(Reload::text))
                    .check(status().is(200))))
        .orElse(
            exec(
                    session -> {
                      ChangingRoutes.remove();
                      return session;
                    })
                .exec(reload()));
  }

  private static ChainBuilder reload() {
    return exec(
        Operator.post("reload", "/config/reload")
            .check(status().is(200), jsonPath("$.applied").is("true")));
  }

  private static String text(Session session) {
    return Objects.requireNonNull(session.getString("routing"));
  }

  /** The first change is the round 0. */
  private static int round(Session session) {
    return session.contains("round") ? session.getInt("round") + 1 : 0;
  }
}
