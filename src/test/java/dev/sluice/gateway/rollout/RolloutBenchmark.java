package dev.sluice.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.GatewayProcess;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.Ports;
import dev.sluice.gateway.testing.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long a version of 5,000 routes takes to become active on three nodes, each a process of its
 * own: the answer of {@code PUT}, and from there until the last node serves it.
 */
class RolloutBenchmark {
  private static final int NODES = 3;
  private static final int ROUTES = 5_000;
  private static final int ROUNDS = 60;
  private static final int WARM_UP = 10;

  @TempDir private Path folder;

  private static String routing(int round) {
    StringBuilder text =
        new StringBuilder("upstreams:\n  u: {endpoints: [\"127.0.0.1:9\"]}\nroutes:\n");
    for (int i = 0; i < ROUTES; i++) {
      text.append("  - {name: r").append(i).append(", match: {path: \"/r").append(i);
      text.append("/{id}\", methods: [GET]}, upstream: u}\n");
    }
    text.append("  - {name: round, match: {path: /round}, respond: {text: \"").append(round);
    return text.append("\"}}\n").toString();
  }

  @Test
  void fiveThousandRoutesOnThreeNodes() throws Exception {
    List<GatewayProcess> nodes = new ArrayList<>();
    List<Http> serving = new ArrayList<>();
    List<Http> admins = new ArrayList<>();
    double[] answers = new double[ROUNDS];
    double[] after = new double[ROUNDS];
    try (Postgres postgres = Postgres.start()) {
      String database = postgres.database();
      for (int i = 0; i < NODES; i++) {
        int admin = Ports.free(1).getFirst();
        GatewayProcess node =
            GatewayProcess.start(
                Files.createDirectory(folder.resolve("" + i)),
                """
                version: 1
                admin: {port: %d}
                listeners: {web: {address: 127.0.0.1, port: %%d}}
                databases: {main: {url: "%s"}}
                config: {source: database, database: main}
                """
                    .formatted(admin, database));
        nodes.add(node);
        Http asked = Http.to(admin);
        Gauges.until("node " + i + " is ready", () -> ready(asked));
        admins.add(asked);
        serving.add(Http.to(node.port()));
      }
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        String text = routing(round);
        long start = System.nanoTime();
        Http.Answer answer = admins.get(Math.floorMod(round, NODES)).ask("PUT", "/config", text);
        long answered = System.nanoTime();
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        String wanted = "" + round;
        CompletableFuture<?>[] seen = new CompletableFuture<?>[NODES];
        for (int i = 0; i < NODES; i++) {
          Http node = serving.get(i);
          seen[i] =
              CompletableFuture.runAsync(() -> {
                while (!node.get("/round").text().equals(wanted)) {
                  Thread.onSpinWait();
                }
              });
        }
        CompletableFuture.allOf(seen).join();
        if (round >= 0) {
          answers[round] = (answered - start) / 1e6;
          after[round] = (System.nanoTime() - answered) / 1e6;
        }
      }
    } finally {
      serving.forEach(Http::close);
      admins.forEach(Http::close);
      nodes.forEach(GatewayProcess::close);
    }
    show("answer of PUT", answers);
    show("then active on all three", after);
  }

  private static boolean ready(Http admin) {
    try {
      return admin.get("/health/ready").status() == 200;
    } catch (AssertionError notYet) {
      return false;
    }
  }

  private static void show(String what, double[] millis) {
    Arrays.sort(millis);
    System.out.printf(
        "%s: median %.1f ms, p99 %.1f ms, most %.1f ms%n",
        what, millis[millis.length / 2], millis[(int) (millis.length * 0.99)], millis[ROUNDS - 1]);
  }
}
