package dev.sluice.gateway.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This node among others.
 *
 * @param name of the cluster: nodes of other names are other gateways
 * @param secret what each node has to know to be let in; null lets everybody in
 * @param join where others are found
 * @param address on which others reach this node; null for the first that is not loopback
 * @param port for its members
 * @param busPort for what nodes tell each other; 0 for any free one
 * @param alone what a node does that finds nobody
 */
public record ClusterConfig(
    String name,
    @Nullable Secret secret,
    Join join,
    @Nullable String address,
    int port,
    int busPort,
    WhenAlone alone) {

  /** Where others are found. */
  public sealed interface Join {
    /** At these addresses, {@code host:port}; this node's own may be among them. */
    record Tcp(List<String> members) implements Join {
      public Tcp {
        members = List.copyOf(members);
      }
    }

    /** Behind the name of a headless service. */
    record Kubernetes(String service) implements Join {}

    /** By multicast on the local network. */
    record Multicast() implements Join {}
  }

  /** What a node does that finds nobody. */
  public enum WhenAlone {
    /** It serves by itself. */
    SERVE,
    /** It is not ready until it has found another. */
    REFUSE
  }
}
