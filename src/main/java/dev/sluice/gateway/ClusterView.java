package dev.sluice.gateway;

import dev.sluice.gateway.admin.AdminPorts;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ClusterConfig.WhenAlone;
import dev.sluice.gateway.observe.MergedMetrics;
import dev.sluice.gateway.observe.MetricNames;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the admin API shows of the cluster.
 *
 * @param config null for a node that is alone
 */
record ClusterView(Cluster cluster, @Nullable ClusterConfig config) implements AdminPorts.Cluster {
  private static final String EXCHANGES = "exchanges";
  private static final String UPSTREAMS = "upstreams";
  private static final String METRICS = "metrics";

  @Override
  public JsonObject view() {
    Cluster.View view = cluster.view();
    JsonArray members = new JsonArray();
    for (Cluster.Member member : view.members()) {
      members.add(
          new JsonObject()
              .put("address", member.address())
              .put("version", member.version())
              .put("configVersion", member.configVersion())
              .put("since", member.since())
              .put("self", member.self()));
    }
    return new JsonObject()
        .put("name", view.name())
        .put("state", view.state().name().toLowerCase(Locale.ROOT))
        .put("members", members);
  }

  /** From now on this node answers what others ask of it. */
  void answer(AdminPorts.Exchanges exchanges, AdminPorts.Listing upstreams, AdminPorts.Scrape own) {
    cluster.answers(
        EXCHANGES, () -> exchanges.list().map(list -> AdminPorts.InFlight.json(list).toBuffer()));
    cluster.answers(UPSTREAMS, () -> Future.succeededFuture(upstreams.list().toBuffer()));
    cluster.answers(METRICS, () -> Future.succeededFuture(Buffer.buffer(own.text())));
  }

  @Override
  public Future<JsonObject> exchanges() {
    return lists(EXCHANGES);
  }

  @Override
  public Future<JsonObject> upstreams() {
    return lists(UPSTREAMS);
  }

  private Future<JsonObject> lists(String what) {
    return cluster
        .ask(what)
        .map(answers -> {
          JsonArray nodes = new JsonArray();
          for (Cluster.Answer answer : answers) {
            JsonObject node = new JsonObject().put("node", answer.node());
            Buffer words = answer.words();
            nodes.add(
                words == null
                    ? node.put("error", answer.trouble())
                    : node.put(what, new JsonArray(words)));
          }
          return new JsonObject().put("nodes", nodes);
        });
  }

  @Override
  public Future<String> metrics() {
    return cluster
        .ask(METRICS)
        .map(answers -> {
          MergedMetrics all = new MergedMetrics();
          StringBuilder answered = new StringBuilder("# TYPE " + MetricNames.NODE_UP + " gauge\n");
          for (Cluster.Answer answer : answers) {
            Buffer words = answer.words();
            if (words != null) {
              all.add(answer.node(), words.toString());
            }
            answered.append(MetricNames.NODE_UP).append("{node=\"").append(answer.node());
            answered.append("\"} ").append(words == null ? 0 : 1).append('\n');
          }
          return answered.append(all).toString();
        });
  }

  /**
   * Why the node takes no traffic because of its cluster; empty when it does. One that has found
   * others goes on when they are gone: else the last of two would end the service of both.
   */
  List<String> reasons() {
    return config == null || config.alone() == WhenAlone.SERVE || cluster.met()
        ? List.of()
        : List.of(
            "cluster "
                + config.name()
                + ": "
                + cluster.view().state().name().toLowerCase(Locale.ROOT));
  }
}
