package dev.sluice.gateway.cluster;

import dev.sluice.gateway.testing.Balancer;
import dev.sluice.gateway.testing.Clients;
import dev.sluice.gateway.testing.Clients.Asked;
import dev.sluice.gateway.testing.EchoServer;
import dev.sluice.gateway.testing.Fleet;
import dev.sluice.gateway.testing.Gauges;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes, each a process, on this machine: how long they take to find each other, and what
 * their clients see when they are restarted in turn, killed, or cut off from each other. With the
 * default times of a drain.
 */
class FleetBenchmark {
  private static final int NODES = 3;
  private static final int CLIENTS = 24;
  private static final int STARTS = 5;
  private static final int LOOK_SECONDS = 10;
  private static final int END_SECONDS = 120;

  @TempDir private Path folder;

  private static String yaml(EchoServer echo) {
    return """
    upstreams: {echo: {endpoints: ["127.0.0.1:%d"]}}
    routes:
      - {name: hello, match: {path: /hello}, respond: {text: hello}}
      - {name: echo, match: {path: /echo}, upstream: echo}
    """
        .formatted(echo.port());
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static void pass(int seconds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    Gauges.until("the clock stands still", seconds + 5, () -> System.nanoTime() >= end);
  }

  @Test
  void threeStartedTogether() throws Exception {
    double[] serving = new double[STARTS];
    double[] whole = new double[STARTS];
    try (EchoServer echo = EchoServer.start()) {
      for (int round = 0; round < STARTS; round++) {
        Path own = Files.createDirectory(folder.resolve("start" + round));
        try (Fleet fleet = Fleet.of(own, NODES, yaml(echo))) {
          long start = System.nanoTime();
          for (Fleet.Node node : fleet.nodes()) {
            node.start();
          }
          fleet.nodes().forEach(node -> Gauges.until("no", END_SECONDS, node.process()::listens));
          serving[round] = since(start);
          fleet.whole();
          whole[round] = since(start);
        }
      }
    }
    show("started together, until all serve", serving);
    show("started together, until each sees three", whole);
  }

  private static void show(String what, double[] seconds) {
    Arrays.sort(seconds);
    System.out.printf(
        "%s: median %.1f s, most %.1f s%n",
        what, seconds[seconds.length / 2], seconds[seconds.length - 1]);
  }

  @Test
  void aRollingRestart() throws Exception {
    double[] leaving = new double[NODES];
    double[] back = new double[NODES];
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.of(folder, NODES, yaml(echo)).start();
        Balancer balancer = Balancer.heeding(fleet);
        Clients clients = Clients.on(balancer, CLIENTS)) {
      pass(LOOK_SECONDS);
      for (Fleet.Node node : fleet.nodes()) {
        long start = System.nanoTime();
        node.process().terminate();
        int code = node.process().ended(END_SECONDS);
        leaving[node.index()] = since(start);
        start = System.nanoTime();
        node.start();
        fleet.whole();
        back[node.index()] = since(start);
        System.out.printf("node %d ended with %d%n", node.index(), code);
      }
      pass(LOOK_SECONDS);
      clients.close();
      System.out.printf(
          "rolling restart: %d requests, %d failed %s%n",
          clients.all().size(), clients.failed().size(), clients.failed());
      show("from SIGTERM to the process's end", leaving);
      show("from its start until each sees three", back);
    }
  }

  @Test
  void oneKilled() throws Exception {
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.of(folder, NODES, yaml(echo)).start();
        Balancer balancer = Balancer.over(fleet);
        Clients clients = Clients.on(balancer, CLIENTS)) {
      pass(2 * LOOK_SECONDS);
      Fleet.Node killed = fleet.node(0);
      long kill = System.nanoTime();
      killed.process().kill();
      List<Fleet.Node> others = fleet.nodes().subList(1, NODES);
      others.forEach(node -> Gauges.until("no", END_SECONDS, () -> node.members() == NODES - 1));
      System.out.printf("killed, until the others know: %.2f s%n", since(kill));
      pass(LOOK_SECONDS);
      long start = System.nanoTime();
      killed.start();
      fleet.whole();
      long joined = System.nanoTime();
      clients.close();
      long failed = clients.failed().size();
      long there =
          clients.failed().stream().filter(asked -> asked.node() == killed.index()).count();
      System.out.printf("failed: %d, of them under way on the killed one: %d%n", failed, there);
      List<Asked> all = clients.all().stream().filter(a -> a.node() != killed.index()).toList();
      long look = TimeUnit.SECONDS.toNanos(LOOK_SECONDS);
      quantiles("others, 10 s before", all, kill - look, kill);
      quantiles("others, 10 s after", all, kill, kill + look);
      quantiles("others, while it starts again and joins", all, start, joined);
    }
  }

  private static void quantiles(String what, List<Asked> all, long from, long to) {
    long[] nanos =
        all.stream()
            .filter(asked -> asked.sentNanos() >= from && asked.sentNanos() < to)
            .mapToLong(Asked::nanos)
            .sorted()
            .toArray();
    System.out.printf(
        "%s: %d requests, median %.2f ms, p99 %.2f ms, most %.1f ms%n",
        what,
        nanos.length,
        nanos[nanos.length / 2] / 1e6,
        nanos[(int) (nanos.length * 0.99)] / 1e6,
        nanos[nanos.length - 1] / 1e6);
  }

  @Test
  void oneCutOff() throws Exception {
    try (EchoServer echo = EchoServer.start();
        Fleet fleet = Fleet.wired(folder, NODES, yaml(echo)).start()) {
      long cut = System.nanoTime();
      fleet.wires().cut(0);
      Gauges.until("no", END_SECONDS, () -> fleet.node(0).members() == 1);
      double alone = since(cut);
      for (Fleet.Node node : fleet.nodes().subList(1, NODES)) {
        Gauges.until("no", END_SECONDS, () -> node.members() == NODES - 1);
      }
      System.out.printf("cut off, until it knows: %.1f s, the others: %.1f s%n", alone, since(cut));
      long heal = System.nanoTime();
      fleet.wires().heal();
      fleet.whole();
      System.out.printf("healed, until each sees three: %.1f s%n", since(heal));
    }
  }
}
