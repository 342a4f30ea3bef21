package dev.sluice.gateway;

import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.filter.limit.Limits;
import dev.sluice.gateway.filter.limit.Peers;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/** Brings limits of the cluster together: what was taken here is told, twenty times a second. */
final class LimitPeers implements Peers {
  private static final long TELL_MILLIS = 50;

  private volatile @Nullable Cluster cluster;
  private volatile Cluster.@Nullable Channel channel;

  /** From now on the limits have company. */
  void meet(Cluster others, Limits limits, Vertx vertx) {
    channel = others.channel("limits", (node, words) -> limits.hear(words));
    cluster = others;
    vertx.setPeriodic(TELL_MILLIS, timer -> limits.tell());
  }

  @Override
  public void send(byte[] message) {
    Cluster.Channel others = channel;
    if (others != null) {
      others.send(message);
    }
  }

  @Override
  public int nodes() {
    Cluster others = cluster;
    return others == null ? 1 : others.nodes();
  }

  @Override
  public boolean silent() {
    Cluster others = cluster;
    return others != null && others.silent();
  }
}
