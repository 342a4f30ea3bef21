package dev.sluice.gateway.cluster;

import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;

/** This node among others. The request's path never waits for it. Any thread. */
public interface Cluster {
  /** How a node stands to others. */
  enum State {
    /** It has no cluster. */
    SINGLE,
    /** It looks for others. */
    JOINING,
    /** It found nobody, and goes on looking. */
    ALONE,
    /** It is one of several. */
    JOINED
  }

  /**
   * One node, as it says of itself.
   *
   * @param address {@code host:port} for members
   * @param version of Sluice; empty as long as it has not said
   * @param configVersion of the configuration that it serves; 0 as long as it has not said
   * @param since when it came
   * @param self whether it is this node
   */
  record Member(String address, String version, long configVersion, Instant since, boolean self) {}

  /**
   * How it is now.
   *
   * @param name of the cluster; empty without one
   * @param members this node among them, the oldest first
   */
  record View(String name, State state, List<Member> members) {}

  /** How it is now; asks nobody. */
  View view();

  /** Tells the others which configuration this node serves. */
  void serves(long configVersion);

  /** Leaves: the others get what this node keeps for all. Completes anyway, within seconds. */
  Future<Void> leave();
}
