package dev.sluice.gateway.cluster;

import dev.sluice.gateway.config.ClusterConfig;
import dev.sluice.gateway.config.ClusterConfig.Join;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Why a node is not a member, or finds nobody, in words for who runs it. Blocks: it asks for names.
 */
final class Trouble {
  /** A member cannot start; the message is one line for the user. */
  static final class Obstacle extends Exception {
    private static final long serialVersionUID = 1L;

    Obstacle(String message) {
      super(message);
    }
  }

  private Trouble() {}

  /**
   * Fails when the address on which others are to reach this node is not one of it, or the event
   * bus's port is not to be had: a member without a bus would be silent to all others.
   */
  static void look(ClusterConfig config) throws Obstacle, IOException {
    String address = config.address();
    InetAddress here = null;
    if (address != null) {
      try {
        here = InetAddress.getByName(address);
      } catch (UnknownHostException unknown) {
        throw new Obstacle("address " + address + " does not resolve");
      }
      if (NetworkInterface.getByInetAddress(here) == null) {
        throw new Obstacle("address " + address + " is none of this machine");
      }
    }
    try (ServerSocket free = new ServerSocket()) {
      free.bind(new InetSocketAddress(here, config.busPort()), 1);
    } catch (BindException taken) {
      throw new Obstacle("busPort " + config.busPort() + " is taken");
    }
  }

  /**
   * Why it could not start.
   *
   * @param refusal what a node said last that did not let it in
   */
  static String of(Throwable cause, ClusterConfig config, @Nullable String refusal) {
    String message = cause.getMessage();
    String said = message == null ? cause.getClass().getSimpleName() : message.split("\\R", 2)[0];
    if (said.contains("already in use")) {
      String address = config.address();
      return "port " + config.port() + (address == null ? "" : " of " + address) + " is taken";
    }
    if (said.contains("Node failed to start")) {
      return refusal == null ? "those who answered did not let it in in time" : refusal;
    }
    return said;
  }

  /** Why the event bus could not be opened. */
  static Obstacle ofBus(IOException cause, ClusterConfig config) {
    String said = String.valueOf(cause.getMessage());
    return new Obstacle(
        said.contains("already in use") ? "busPort " + config.busPort() + " is taken" : said);
  }

  /** Where others were looked for, as the configuration says it. */
  static String places(Join join) {
    return switch (join) {
      case Join.Tcp tcp -> String.join(",", tcp.members());
      case Join.Kubernetes kubernetes -> "kubernetes:" + kubernetes.service();
      case Join.Multicast multicast -> "multicast";
    };
  }

  /** Why nobody was found there. */
  static String nobody(Join join) {
    List<String> names =
        switch (join) {
          case Join.Tcp tcp -> tcp.members().stream().map(Trouble::host).toList();
          case Join.Kubernetes kubernetes -> List.of(kubernetes.service());
          case Join.Multicast multicast -> List.<String>of();
        };
    List<String> unknown = names.stream().distinct().filter(name -> !resolves(name)).toList();
    return unknown.isEmpty()
        ? "nobody answered there"
        : unknown.stream().collect(Collectors.joining(", ", "no address for ", ""))
            + (unknown.size() < names.size() ? ", and nobody answered at the others" : "");
  }

  private static String host(String member) {
    return member.substring(0, member.lastIndexOf(':')).replaceAll("[\\[\\]]", "");
  }

  private static boolean resolves(String name) {
    try {
      return InetAddress.getAllByName(name).length > 0;
    } catch (UnknownHostException unknown) {
      return false;
    }
  }
}
