package dev.sluice.gateway.cluster;

import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

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

  /** How many nodes there are, this one among them; asks nobody. */
  int nodes();

  /** Whether one of them was not heard for more than a second or two; asks nobody. */
  boolean silent();

  /** Words for all other nodes. */
  @FunctionalInterface
  interface Channel {
    /** Soon, in order; lost for nodes that do not hear it, and when too much waits. */
    void send(byte[] words);
  }

  /**
   * A way to tell all other nodes something.
   *
   * @param name the same on all nodes
   * @param heard told what others say, one after the other for each of them; does not block
   */
  Channel channel(String name, Consumer<byte[]> heard);

  /** Tells the others which configuration this node serves. */
  void serves(long configVersion);

  /** Leaves: the others get what this node keeps for all. Completes anyway, within seconds. */
  Future<Void> leave();
}
