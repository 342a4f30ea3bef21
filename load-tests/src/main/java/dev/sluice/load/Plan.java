package dev.sluice.load;

import io.gatling.javaapi.core.Simulation;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The simulations by their names, with what each needs of the gateway. */
enum Plan {
  SMOKE(
      "smoke",
      "each kind of route, again and again, by 5 users for 10 s: does it work at all?",
      Smoke.class,
      false,
      Calls.NEEDED),
  STEADY(
      "steady",
      "200 requests/s for 1 min: answers in time, and none fails",
      Steady.class,
      false,
      Calls.NEEDED),
  SPIKE(
      "spike",
      "50/s, ten times as many, 50/s again, 20 s each: is all as it was behind the peak?",
      Spike.class,
      false,
      Calls.NEEDED),
  SOAK(
      "soak",
      "50 requests/s and 20 WebSockets for 30 min: nothing fails, nothing stays behind",
      Soak.class,
      true,
      Calls.NEEDED,
      Calls.WEBSOCKET),
  WEBSOCKET(
      "websocket",
      "100 WebSockets for 30 s, each message comes back",
      Websocket.class,
      false,
      Calls.WEBSOCKET),
  RELOAD(
      "reload",
      "the configuration changes twice a second under load for 30 s: no request fails",
      Reload.class,
      true,
      Calls.NEEDED,
      Calls.WEBSOCKET,
      Calls.CHANGEABLE),
  CLUSTER_LIMITS(
      "cluster-limits",
      "twice of what a limit lets pass, 4 in 5 at one node, for 1 min: the limit's rate passes",
      ClusterLimits.class,
      false,
      Calls.LIMITED);

  private final String title;
  private final String purpose;
  private final Class<? extends Simulation> simulation;
  private final boolean admin;
  private final List<String> needed;

  Plan(
      String title,
      String purpose,
      Class<? extends Simulation> simulation,
      boolean admin,
      String... needed) {
    this.title = title;
    this.purpose = purpose;
    this.simulation = simulation;
    this.admin = admin;
    this.needed = Arrays.stream(needed).flatMap(each -> Arrays.stream(each.split(", "))).toList();
  }

  static Optional<Plan> named(String name) {
    return Arrays.stream(values()).filter(plan -> plan.title.equals(name)).findFirst();
  }

  /** Its name for the command. */
  String title() {
    return title;
  }

  /** What it does and asks, in one line. */
  String purpose() {
    return purpose;
  }

  Class<? extends Simulation> simulation() {
    return simulation;
  }

  /** Whether it asks the admin API, too. */
  boolean admin() {
    return admin;
  }

  /** The requests that the gateway's routes have to take, as {@code GET /hello}. */
  List<String> needed() {
    return needed;
  }
}
