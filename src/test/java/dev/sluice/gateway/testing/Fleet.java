package dev.sluice.gateway.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes of one cluster, each a process. They keep their ports when they are started again, since
 * balancers and the other nodes know them by these.
 */
public final class Fleet implements AutoCloseable {
  /** What a cluster may take to form or to heal, on a machine that has other work too. */
  public static final int PATIENCE_SECONDS = 180;

  private static final int PORTS = 4;

  private final List<Node> nodes = new ArrayList<>();
  private @Nullable Wires wires;

  private Fleet(Path folder, String yaml, List<Integer> ports, List<String> hosts)
      throws IOException {
    int count = hosts.size();
    String members =
        IntStream.range(0, count)
            .mapToObj(i -> '"' + address(ports, hosts, i) + '"')
            .collect(Collectors.joining(", "));
    for (int i = 0; i < count; i++) {
      Path own = Files.createDirectory(folder.resolve("node" + i));
      nodes.add(
          new Node(
              i,
              own,
              ports.get(i),
              ports.get(count + i),
              address(ports, hosts, i),
              """
              version: 1
              admin: {port: %d}
              accessLog: {enabled: false}
              listeners: {web: {address: 127.0.0.1, port: %%d}}
              cluster: {name: fleet, secret: "what only the fleet knows", join: {tcp: [%s]}, address: 127.0.0.1, port: %d, busPort: %d}
              """
                      .formatted(
                          ports.get(count + i),
                          members,
                          ports.get(2 * count + i),
                          ports.get(3 * count + i))
                  + yaml.replace("%", "%%")));
    }
  }

  private static String address(List<Integer> ports, List<String> hosts, int member) {
    return hosts.get(member) + ":" + ports.get(2 * hosts.size() + member);
  }

  /**
   * Nodes that are not started yet.
   *
   * @param yaml all but version, admin, access log, listeners and cluster
   */
  public static Fleet of(Path folder, int count, String yaml) throws IOException {
    return new Fleet(
        folder, yaml, Ports.free(PORTS * count), Collections.nCopies(count, "127.0.0.1"));
  }

  /** The same, with wires between their members that can be cut. */
  public static Fleet wired(Path folder, int count, String yaml) throws IOException {
    List<Integer> ports = Ports.free(PORTS * count);
    Fleet fleet =
        new Fleet(folder, yaml, ports, IntStream.range(0, count).mapToObj(Wires::host).toList());
    Wires wires = new Wires(fleet::member);
    fleet.wires = wires;
    for (Node node : fleet.nodes) {
      node.flags("-Dhazelcast.local.publicAddress=" + node.address());
      wires.lay(node.index(), ports.get(2 * count + node.index()));
      wires.lay(node.index(), ports.get(3 * count + node.index()));
    }
    return fleet;
  }

  private int member(long pid) {
    return nodes.stream()
        .filter(node -> node.process().id() == pid)
        .mapToInt(Node::index)
        .findFirst()
        .orElse(-1);
  }

  /** What lies between the members of a wired fleet. */
  public Wires wires() {
    return Objects.requireNonNull(wires, "not wired");
  }

  /** Starts all at once, and waits until each sees all others and serves. */
  public Fleet start() throws IOException {
    boolean started = false;
    try {
      for (Node node : nodes) {
        node.start();
      }
      whole();
      started = true;
      return this;
    } finally {
      if (!started) {
        close(); // nobody holds it yet
      }
    }
  }

  /** Waits until all serve, and each sees all and gets answers from all. */
  public void whole() {
    nodes.forEach(node -> node.serves(nodes.size()));
    nodes.forEach(node -> node.hears(nodes.size()));
  }

  /** One of them, from 0. */
  public Node node(int index) {
    return nodes.get(index);
  }

  /** All of them. */
  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  @Override
  public void close() throws IOException {
    nodes.parallelStream().forEach(Node::close);
    if (wires != null) {
      wires.close();
    }
  }

  /** One node. */
  public static final class Node {
    private final int index;
    private final Path folder;
    private final int web;
    private final int admin;
    private final String address;
    private final String yaml;
    private String[] flags = {};
    private @Nullable GatewayProcess process;

    Node(int index, Path folder, int web, int admin, String address, String yaml) {
      this.index = index;
      this.folder = folder;
      this.web = web;
      this.admin = admin;
      this.address = address;
      this.yaml = yaml;
    }

    /** Where it stands among the others, from 0. */
    public int index() {
      return index;
    }

    /** Its listener's port. */
    public int web() {
      return web;
    }

    /** The port of its admin API. */
    public int admin() {
      return admin;
    }

    /** The address that the other nodes know. */
    public String address() {
      return address;
    }

    /** Flags of the JVM for starts from now on, after the launcher's. */
    public void flags(String... more) {
      flags = more;
    }

    /** Starts it, and does not wait. */
    public void start() throws IOException {
      process = GatewayProcess.begin(folder, yaml, web, flags);
    }

    /** Its process. */
    public GatewayProcess process() {
      return Objects.requireNonNull(process, "not started");
    }

    /** All that it has said so far, in all its lives. */
    public String output() {
      try {
        return Files.readString(folder.resolve("output"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Lines of its output that hold this text. */
    public List<String> said(String part) {
      return output().lines().filter(line -> line.contains(part)).toList();
    }

    /** Waits until it takes requests and sees so many members, itself among them. */
    public void serves(int members) {
      try {
        Gauges.until("not in time", PATIENCE_SECONDS, () -> ready() && members() == members);
      } catch (AssertionError not) {
        throw new AssertionError(
            "node " + index + " is not ready with " + members + " members: " + output(), not);
      }
    }

    /** Waits until so many nodes answer what it asks of all, itself among them. */
    public void hears(int members) {
      Gauges.until(
          "node " + index + " does not hear " + members + " members",
          PATIENCE_SECONDS,
          () -> answering() == members);
    }

    private long answering() {
      try {
        JsonObject answers = new AdminClient(admin).get("/cluster/exchanges").json();
        return answers.getJsonArray("nodes").stream()
            .filter(node -> ((JsonObject) node).containsKey("exchanges"))
            .count();
      } catch (IOException | RuntimeException notThere) {
        return 0;
      }
    }

    /** Whether it says that it is ready; false when it says nothing. */
    public boolean ready() {
      try {
        return new AdminClient(admin).get("/health/ready").status() == 200;
      } catch (IOException | RuntimeException notThere) {
        return false;
      }
    }

    /** How many members it sees; 0 as long as it has not joined, or says nothing. */
    public int members() {
      JsonObject view = cluster();
      return "joined".equals(view.getString("state")) || "alone".equals(view.getString("state"))
          ? view.getJsonArray("members", new JsonArray()).size()
          : 0;
    }

    /** How it sees the cluster; empty when it says nothing. */
    public JsonObject cluster() {
      try {
        return new AdminClient(admin).get("/cluster").json();
      } catch (IOException | RuntimeException notThere) {
        return new JsonObject();
      }
    }

    private void close() {
      if (process != null) {
        process.close();
      }
    }
  }
}
