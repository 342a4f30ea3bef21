package dev.sluice.gateway.cluster;

import com.hazelcast.core.EntryAdapter;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.replicatedmap.ReplicatedMap;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What nodes say of themselves: which configuration they serve, since when they are there, and that
 * they leave. Each member has a copy of all of it. {@link #say} and {@link #forget} block, {@link
 * #members} does not.
 */
final class NodeFacts {
  private static final String NODES = "sluice.nodes";
  private static final String CONFIG = "configVersion";
  private static final String SINCE = "since";
  private static final String LEAVING = "leaving";

  private final String version;
  private final Instant since;
  private final Consumer<String> leaver;
  private volatile @Nullable ReplicatedMap<String, String> nodes;
  private volatile long configVersion;
  private volatile boolean leaving;

  /**
   * @param version of Sluice
   * @param since this node is there
   * @param leaver gets to know who says that it leaves
   */
  NodeFacts(String version, Instant since, Consumer<String> leaver) {
    this.version = version;
    this.since = since;
    this.leaver = leaver;
  }

  /** The node is a member: it hears the others. */
  void begin(HazelcastInstance own) {
    ReplicatedMap<String, String> said = own.getReplicatedMap(NODES);
    said.addEntryListener(new Leavers());
    nodes = said;
  }

  void serves(long config) {
    configVersion = config;
  }

  void leave() {
    leaving = true;
  }

  boolean leaving() {
    return leaving;
  }

  /** Tells the others. */
  void say(HazelcastInstance own) {
    ReplicatedMap<String, String> said = nodes;
    if (said != null && own.getLifecycleService().isRunning()) {
      said.put(
          HazelcastNode.id(own.getCluster().getLocalMember()),
          new JsonObject()
              .put(CONFIG, configVersion)
              .put(SINCE, since)
              .put(LEAVING, leaving)
              .encode());
    }
  }

  /** It is gone, and will not say so. */
  void forget(String id) {
    ReplicatedMap<String, String> said = nodes;
    if (said != null) {
      said.remove(id);
    }
  }

  /** This node, as long as it is no member. */
  Cluster.Member self() {
    return new Cluster.Member("", version, configVersion, since, true);
  }

  /** All members, the oldest first. */
  List<Cluster.Member> members(HazelcastInstance own) {
    ReplicatedMap<String, String> said = nodes;
    List<Cluster.Member> members = new ArrayList<>();
    for (com.hazelcast.cluster.Member each : own.getCluster().getMembers()) {
      String words = said == null ? null : said.get(HazelcastNode.id(each));
      JsonObject facts = words == null ? new JsonObject() : new JsonObject(words);
      members.add(
          new Cluster.Member(
              HazelcastNode.text(each),
              HazelcastNode.version(each),
              facts.getLong(CONFIG, 0L),
              each.localMember() ? since : facts.getInstant(SINCE),
              each.localMember()));
    }
    return List.copyOf(members);
  }

  private final class Leavers extends EntryAdapter<String, String> {
    @Override
    public void entryUpdated(EntryEvent<String, String> event) {
      if (new JsonObject(event.getValue()).getBoolean(LEAVING, false)) {
        leaver.accept(event.getKey());
      }
    }
  }
}
