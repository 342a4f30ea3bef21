package dev.sluice.gateway.cluster;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
   * @param since when it came; null as long as it has not said
   * @param self whether it is this node
   */
  record Member(
      String address, String version, long configVersion, @Nullable Instant since, boolean self) {}

  /**
   * How it is now.
   *
   * @param name of the cluster; empty without one
   * @param members this node among them, the oldest first
   */
  record View(String name, State state, List<Member> members) {}

  /** How it is now; asks nobody. */
  View view();

  /** Whether it has found another node since it began; asks nobody. */
  boolean met();

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

  /** Hears what other nodes say. */
  @FunctionalInterface
  interface Heard {
    /**
     * Told one thing after the other; does not block.
     *
     * @param node who says it, {@code host:port}
     */
    void heard(String node, byte[] words);
  }

  /**
   * A way to tell all other nodes something.
   *
   * @param name the same on all nodes
   */
  Channel channel(String name, Heard heard);

  /**
   * What one node answers.
   *
   * @param node {@code host:port}; empty without a cluster
   * @param words null when it did not answer
   * @param trouble why it did not; null when it did
   */
  record Answer(String node, @Nullable Buffer words, @Nullable String trouble) {}

  /**
   * From now on this node answers a question in this way.
   *
   * @param question the same on all nodes
   */
  void answers(String question, Supplier<Future<Buffer>> answer);

  /** Asks all nodes, this one among them. Completes within some seconds and never fails. */
  Future<List<Answer>> ask(String question);

  /**
   * What one node knows of a count.
   *
   * @param known what the sum was when it asked last; where less is kept some was lost, and it goes
   *     on from here
   * @param added since; zero only asks
   */
  record Count(long known, long added) {}

  /**
   * Counts that are kept together.
   *
   * @param sums fails when those that keep them do not answer
   */
  record Counted(Set<String> keys, Future<Map<String, Long>> sums) {}

  /**
   * Adds to counts that all nodes keep together, and that outlive each of them.
   *
   * @param name what they belong to
   * @param counts by key
   * @param until they are kept so long at least
   * @return all of the keys; fails when this node is no member
   */
  Future<List<Counted>> count(String name, Map<String, Count> counts, Instant until);

  /** Tells the others which configuration this node serves. */
  void serves(long configVersion);

  /** Leaves: the others get what this node keeps for all. Completes anyway, within seconds. */
  Future<Void> leave();
}
