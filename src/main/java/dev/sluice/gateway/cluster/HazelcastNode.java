package dev.sluice.gateway.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.SocketInterceptorConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.DefaultNodeContext;
import com.hazelcast.instance.impl.DefaultNodeExtension;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.instance.impl.NodeExtension;
import com.hazelcast.internal.cluster.Joiner;
import com.hazelcast.nio.MemberSocketInterceptor;
import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ClusterConfig.Join;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes this node's member of Hazelcast. The open-source edition lets everybody in; its hook for
 * new connections is there all the same, and {@link MemberProof} hangs on it.
 * docs/adr/0016-cluster.md
 */
final class HazelcastNode {
  private static final String ID = "__vertx.nodeId";
  private static final String VERSION = "sluice.version";

  private HazelcastNode() {}

  /**
   * Starts it and looks for others; blocks for some seconds.
   *
   * @param version of Sluice, which others get to know
   * @param proof what opens each connection
   * @param looking gets what ends the search at once, and with it this call
   * @throws RuntimeException when its port is taken, for instance, or the search was ended
   */
  static HazelcastInstance start(
      ClusterConfig config, String version, MemberProof proof, Consumer<Runnable> looking) {
    // What is logged before the settings are read would go to the JVM's own log otherwise.
    System.setProperty("hazelcast.logging.type", "slf4j");
    // No name of ours: several nodes may run in one process.
    return HazelcastInstanceFactory.newHazelcastInstance(
        settings(config, version, proof), null, new Proven(proof, looking));
  }

  /** Who a member is, whatever becomes of its connections; Vert.x asks for this attribute. */
  static String id(Member member) {
    String id = member.getAttribute(ID);
    return id == null ? member.getUuid().toString() : id;
  }

  /** The version of Sluice that a member runs. */
  static String version(Member member) {
    String version = member.getAttribute(VERSION);
    return version == null ? "" : version;
  }

  /** {@code host:port}. */
  static String text(Member member) {
    return member.getAddress().getHost() + ":" + member.getAddress().getPort();
  }

  private static final class Proven extends DefaultNodeContext {
    private final MemberProof proof;
    private final Consumer<Runnable> looking;

    Proven(MemberProof proof, Consumer<Runnable> looking) {
      this.proof = proof;
      this.looking = looking;
    }

    @Override
    public Joiner createJoiner(Node node) {
      // The address is picked by now. The joiner would take the filter for one of its own, and of
      // members that are named by host names look only for those at this node's address.
      node.getConfig().getNetworkConfig().getInterfaces().setEnabled(false);
      looking.accept(() -> node.shutdown(true));
      return super.createJoiner(node);
    }

    @Override
    public NodeExtension createNodeExtension(Node node) {
      return new DefaultNodeExtension(node) {
        @Override
        public MemberSocketInterceptor getSocketInterceptor(EndpointQualifier any) {
          return proof;
        }
      };
    }
  }

  private static Config settings(ClusterConfig config, String version, MemberProof proof) {
    Config settings = new Config();
    settings
        .setClusterName(config.name())
        .setProperty("hazelcast.logging.type", "slf4j")
        .setProperty("hazelcast.phone.home.enabled", "false")
        .setProperty("hazelcast.shutdownhook.enabled", "false")
        .setProperty("hazelcast.socket.bind.any", "false")
        // Nodes that start together find each other at once, not after a wait of five seconds.
        .setProperty("hazelcast.wait.seconds.before.join", "0")
        .setProperty("hazelcast.max.join.seconds", "30")
        // A part that was cut off is looked for soon.
        .setProperty("hazelcast.merge.first.run.delay.seconds", "5")
        .setProperty("hazelcast.merge.next.run.delay.seconds", "5")
        // A node that says nothing is gone after so long.
        .setProperty("hazelcast.heartbeat.interval.seconds", "1")
        .setProperty("hazelcast.max.no.heartbeat.seconds", "8")
        .setProperty("hazelcast.operation.call.timeout.millis", "5000")
        .setProperty("hazelcast.graceful.shutdown.max.wait", "8");
    settings
        .getMemberAttributeConfig()
        .setAttribute(ID, UUID.randomUUID().toString())
        .setAttribute(VERSION, version);
    settings.getJetConfig().setEnabled(false);
    // What is sent as a Java object is made only of what Vert.x and Hazelcast send of themselves.
    ClassFilter sent = new ClassFilter();
    sent.addPrefixes("java.", "com.hazelcast.", "io.vertx.", "[");
    settings
        .getSerializationConfig()
        .setJavaSerializationFilterConfig(
            new JavaSerializationFilterConfig().setDefaultsDisabled(true).setWhitelist(sent));
    Counters.configure(settings);
    NetworkConfig network = settings.getNetworkConfig();
    network
        .setPort(config.port())
        .setPortAutoIncrement(false)
        .setSocketInterceptorConfig(
            new SocketInterceptorConfig().setEnabled(true).setImplementation(proof));
    @Nullable String address = config.address();
    if (address != null) {
      network.getInterfaces().setEnabled(true).addInterface(address);
    }
    join(network.getJoin(), config);
    return settings;
  }

  private static void join(JoinConfig settings, ClusterConfig config) {
    settings.getAutoDetectionConfig().setEnabled(false);
    settings.getMulticastConfig().setEnabled(false);
    switch (config.join()) {
      case Join.Tcp tcp ->
          settings
              .getTcpIpConfig()
              .setEnabled(true)
              .setConnectionTimeoutSeconds(2)
              .setMembers(tcp.members());
      case Join.Kubernetes kubernetes ->
          settings
              .getKubernetesConfig()
              .setEnabled(true)
              .setProperty("service-dns", kubernetes.service())
              .setProperty("service-port", Integer.toString(config.port()));
      case Join.Multicast multicast -> settings.getMulticastConfig().setEnabled(true);
    }
  }
}
