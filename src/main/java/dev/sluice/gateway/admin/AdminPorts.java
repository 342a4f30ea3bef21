package dev.sluice.gateway.admin;

import dev.sluice.gateway.rollout.Rollout;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the admin API gets what it shows; each is filled by the part of the gateway that knows. All
 * are called on the admin verticle's loop and do not block.
 *
 * @param rollout null when the routing part stands in the node's files
 */
public record AdminPorts(
    Readiness readiness,
    Scrape metrics,
    Listing routes,
    Listing upstreams,
    Exchanges exchanges,
    Configuration configuration,
    Explain explain,
    Cluster cluster,
    @Nullable Rollout rollout) {

  /** Whether the node takes traffic. */
  public interface Readiness {
    /** Why it does not; empty when it does. */
    List<String> reasons();

    /** How each database is: {@code open}, or why it does not serve; routes without it do. */
    JsonObject databases();
  }

  /** The metrics. */
  @FunctionalInterface
  public interface Scrape {
    /** In the Prometheus text format 0.0.4. */
    String text();
  }

  /** One object a route or an upstream, with its figures. */
  @FunctionalInterface
  public interface Listing {
    /** As of now. */
    JsonArray list();
  }

  /** What is in flight. */
  public interface Exchanges {
    /** Gathered from all loops. */
    Future<List<InFlight>> list();

    /** Completes when the exchange has really ended; false when there is none of that id. */
    Future<Boolean> cancel(String id);
  }

  /**
   * One exchange under way.
   *
   * @param route empty before one is found
   * @param endpoint empty before one is picked
   */
  public record InFlight(
      String id, String route, String phase, String endpoint, int attempt, long ageMillis) {
    /** All of them as the API shows them. */
    public static JsonArray json(List<InFlight> all) {
      JsonArray array = new JsonArray();
      for (InFlight one : all) {
        array.add(
            new JsonObject()
                .put("id", one.id())
                .put("route", one.route())
                .put("phase", one.phase())
                .put("endpoint", one.endpoint())
                .put("attempt", one.attempt())
                .put("ageMillis", one.ageMillis()));
      }
      return array;
    }
  }

  /** The configuration that is in force. */
  public interface Configuration {
    /** What is in force, since when, what waits for a restart, and the last failure. */
    JsonObject status();

    /** Reads and applies the files anew. */
    Future<Reload> reload();
  }

  /**
   * What came of a reload.
   *
   * @param errors empty when it was applied
   */
  public record Reload(boolean applied, List<String> errors) {
    public Reload {
      errors = List.copyOf(errors);
    }
  }

  /** This node and the others. */
  public interface Cluster {
    /** As this node sees it now. */
    JsonObject view();

    /** What is in flight on each node; a node that does not answer says why. */
    Future<JsonObject> exchanges();

    /** The upstreams as each node sees them; a node that does not answer says why. */
    Future<JsonObject> upstreams();

    /** The metrics of all nodes that answer, labelled by node. */
    Future<String> metrics();
  }

  /** Tells what the gateway would do with a request. */
  @FunctionalInterface
  public interface Explain {
    /** Fails with a {@code Failed} when the URL cannot be understood. */
    Future<JsonObject> explain(String method, String url, MultiMap headers);
  }
}
