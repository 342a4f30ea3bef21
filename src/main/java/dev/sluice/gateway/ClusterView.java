package dev.sluice.gateway;

import dev.sluice.gateway.admin.AdminPorts;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.cluster.Cluster.State;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ClusterConfig.WhenAlone;
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

  /** Why the node takes no traffic because of its cluster; empty when it does. */
  List<String> reasons() {
    if (config == null || config.alone() == WhenAlone.SERVE) {
      return List.of();
    }
    State state = cluster.view().state();
    return state == State.JOINED
        ? List.of()
        : List.of("cluster " + config.name() + ": " + state.name().toLowerCase(Locale.ROOT));
  }
}
