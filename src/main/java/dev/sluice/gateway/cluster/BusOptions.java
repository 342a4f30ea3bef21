package dev.sluice.gateway.cluster;

import com.hazelcast.core.HazelcastInstance;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the Vert.x of the event bus is set up. Any thread. */
final class BusOptions {
  private static final Logger LOG = LoggerFactory.getLogger(BusOptions.class);

  private BusOptions() {}

  /**
   * For the bus of a member.
   *
   * @param patienceMillis for connections
   */
  static VertxOptions of(
      ClusterConfig config, ClusterKey key, HazelcastInstance own, long patienceMillis) {
    String host = own.getCluster().getLocalMember().getAddress().getHost();
    EventBusOptions bus =
        new EventBusOptions()
            .setHost(Objects.requireNonNullElse(config.address(), host))
            .setClusterPublicHost(host)
            .setPort(config.busPort())
            .setConnectTimeout((int) patienceMillis)
            .setClusterPingInterval(1_000)
            .setClusterPingReplyInterval(5_000);
    secure(key, bus);
    return small().setEventBusOptions(bus);
  }

  /**
   * Speaks TLS with itself, on loops of its own. That loads what it takes while the member looks
   * for others; when they call it would be seconds, on all nodes at once. Takes a second.
   */
  static void rehearse(ClusterKey key) {
    EventBusOptions bus = new EventBusOptions();
    secure(key, bus);
    if (!bus.isSsl()) {
      return;
    }
    NetClientOptions client =
        new NetClientOptions(bus.toJson()).setHostnameVerificationAlgorithm("");
    Vertx stage = Vertx.vertx(small());
    stage
        .createNetServer(new NetServerOptions(bus.toJson()))
        .connectHandler(NetSocket::close)
        .listen(0, "127.0.0.1")
        .compose(open -> stage.createNetClient(client).connect(open.actualPort(), "127.0.0.1"))
        .onFailure(cause -> LOG.debug("event=bus_not_rehearsed", cause))
        // Not on a loop of its own: nothing can complete there once they have ended. Nor on the
        // gateway's, which may have ended by now.
        .onComplete(done -> Thread.startVirtualThread(() -> Watched.quietly(stage.close())));
  }

  private static void secure(ClusterKey key, EventBusOptions bus) {
    if (key.secret()) {
      BusKeys.of(key).use(bus);
    }
  }

  private static VertxOptions small() {
    return new VertxOptions()
        .setPreferNativeTransport(true)
        .setEventLoopPoolSize(1)
        .setWorkerPoolSize(1)
        .setInternalBlockingPoolSize(2)
        .setBlockedThreadCheckInterval(Integer.MAX_VALUE)
        .setFileSystemOptions(
            new FileSystemOptions()
                .setFileCachingEnabled(false)
                .setClassPathResolvingEnabled(false));
  }
}
