package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.count;

import dev.sluice.gateway.config.ClusterConfig.Join;
import dev.sluice.gateway.config.ClusterConfig.WhenAlone;
import java.util.List;
import java.util.Map;

/** How a cluster is written. */
final class ClusterBlock {
  private static final Key<String> NAME =
      Key.required(
          "name",
          Scalar.of("name", "", Values::name),
          "The cluster's name; nodes of another name belong to another gateway.");
  private static final Key<Secret> SECRET =
      Key.optional(
          "secret",
          Values.SECRET,
          "What a node has to know to be let in, the same on all; without it everybody is.");
  private static final Key<String> SERVICE =
      Key.required("service", Network.HOST, "The name of a headless service.");
  private static final Block<Join> KUBERNETES =
      new Block<>(
          "kubernetes join",
          "Finds nodes by a service's name.",
          List.of(SERVICE),
          fields -> new Join.Kubernetes(fields.value(SERVICE)));
  private static final Block<Join> MULTICAST =
      new Block<>(
          "multicast join",
          "Finds nodes by multicast on the local network.",
          List.of(),
          fields -> new Join.Multicast());
  private static final Key<Join> JOIN =
      Key.required(
          "join",
          new OneOf<Join>(
              "join",
              "Where other nodes are found.",
              List.of(
                  Key.optional(
                      "tcp",
                      Shapes.as(Shapes.some(Network.HOST_PORT), ClusterBlock::tcp),
                      "At these addresses; the node's own may be among them."),
                  Key.optional("kubernetes", KUBERNETES, "Behind a headless service."),
                  Key.optional("multicast", MULTICAST, "On the local network."))),
          "Where other nodes are found.");
  private static final Key<String> ADDRESS =
      Key.optional(
          "address",
          Network.HOST,
          "The address on which others reach this node; without it the first that is not"
              + " loopback.");
  private static final Key<Integer> PORT =
      Key.of("port", count(1, 65_535), "5701", "The port for other nodes.");
  private static final Key<Integer> BUS_PORT =
      Key.of(
          "busPort",
          count(0, 65_535),
          "0",
          "The port for what nodes tell each other; 0 is any free one. To be named where a firewall"
              + " stands between nodes.");
  private static final Key<WhenAlone> ALONE =
      Key.of(
          "alone",
          Values.choice(
              Values.words(
                  Map.entry("serve", WhenAlone.SERVE), Map.entry("refuse", WhenAlone.REFUSE))),
          "serve",
          "What a node does that finds no other: it serves by itself, or is not ready until it has"
              + " found one.");

  /** {@code cluster}. */
  static final Block<ClusterConfig> BLOCK =
      new Block<>(
          "cluster",
          "This node among others. A change needs a restart.",
          List.of(NAME, SECRET, JOIN, ADDRESS, PORT, BUS_PORT, ALONE),
          fields ->
              new ClusterConfig(
                  fields.value(NAME),
                  fields.optional(SECRET),
                  fields.value(JOIN),
                  fields.optional(ADDRESS),
                  fields.value(PORT),
                  fields.value(BUS_PORT),
                  fields.value(ALONE)));

  private ClusterBlock() {}

  private static Join tcp(List<Network.HostPort> members) {
    return new Join.Tcp(
        members.stream()
            .map(member ->
                (member.host().indexOf(':') < 0 ? member.host() : "[" + member.host() + "]")
                    + ":"
                    + member.port())
            .toList());
  }
}
