package dev.sluice.gateway.jobs;

import dev.sluice.gateway.testing.GatewayProcess;
import dev.sluice.gateway.testing.Http;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures, and asserts nothing: proxied requests beside jobs that compute, and a bulk fetch. Not
 * one of the tests; {@code mvn test -Dtest=JobsBenchmark} prints its tables. It needs {@code
 * h2load} and {@code nginx}.
 */
class JobsBenchmark {
  private static final int ROUNDS = 9;
  private static final int WARM_ROUNDS = 6;
  private static final int SECONDS = 6;
  private static final int CLIENTS = 20;
  private static final int RATE = 1_000;

  @TempDir private Path folder;

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process start(String... command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(Path.of(command[0]).getFileName() + ".out").toFile())
        .start();
  }

  /**
   * Proxied requests at a steady rate, each client's a millisecond after another's, so that they do
   * not queue behind each other; their times in milliseconds, sorted.
   */
  private double[] proxied(int port) throws Exception {
    Path log = folder.resolve("times");
    Files.deleteIfExists(log);
    start(
            "h2load",
            "--h1",
            "-c",
            "" + CLIENTS,
            "-r",
            "1",
            "--rate-period",
            "1ms",
            "--rps",
            "" + RATE / CLIENTS,
            "-n",
            "" + RATE * SECONDS,
            "--log-file",
            log.toString(),
            "http://127.0.0.1:" + port + "/proxied")
        .waitFor();
    return Files.readAllLines(log).stream()
        .map(line -> line.split("\t"))
        .mapToDouble(fields -> Double.parseDouble(fields[2]) / 1_000)
        .sorted()
        .toArray();
  }

  /** The same while a hundred clients each ask for a hash, and again as soon as they have it. */
  private double[] besideJobs(int port, Path input) throws Exception {
    Process jobs =
        start(
            "h2load",
            "--h1",
            "-c",
            "100",
            "-D",
            "" + (SECONDS + 1),
            "-d",
            input.toString(),
            "http://127.0.0.1:" + port + "/hash");
    double[] times = proxied(port);
    jobs.waitFor();
    return times;
  }

  /** The same while two processes of others compute in the background: what the machine takes. */
  private double[] besideOthers(int port) throws Exception {
    List<Process> others = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      others.add(start("chrt", "-i", "0", "sh", "-c", "while :; do :; done"));
    }
    try {
      return proxied(port);
    } finally {
      others.forEach(Process::destroy);
    }
  }

  private static double share(double[] sorted, double share) {
    return sorted[(int) (sorted.length * share)];
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  @Test
  void proxiedRequestsBesideJobsThatCompute() throws Exception {
    int back = freePort();
    Path nginx = folder.resolve("nginx.conf");
    Files.writeString(
        nginx,
        """
        daemon off; worker_processes 1; pid %s/pid; error_log %s/error;
        events {}
        http { access_log off; keepalive_requests 1000000;
          server { listen 127.0.0.1:%d; location / { return 200 "hello hello hello"; } } }
        """
            .formatted(folder, folder, back));
    Path input = folder.resolve("input");
    Files.writeString(input, "{\"password\": \"x\"}");
    Process upstream = start("nginx", "-c", nginx.toString());
    String yaml =
        """
        version: 1
        listeners: {web: {address: 127.0.0.1, port: %%d}}
        admin: {port: 0}
        accessLog: {enabled: false}
        jobs: {cpu: {queue: 200}}
        upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
        routes:
          - {name: proxied, match: {path: /proxied}, upstream: back}
          - {name: hash, match: {path: /hash}, timeout: 60s, job: {name: password-hash}}
        """
            .formatted(back);
    List<String> table = new ArrayList<>();
    Map<String, List<Double>> p99 = new LinkedHashMap<>();
    try (GatewayProcess gateway = GatewayProcess.start(folder, yaml)) {
      for (int warm = 0; warm < WARM_ROUNDS; warm++) {
        besideJobs(gateway.port(), input);
      }
      for (int round = 1; round <= ROUNDS; round++) {
        StringBuilder row = new StringBuilder("| " + round + " |");
        row(row, p99, "alone", proxied(gateway.port()));
        row(row, p99, "beside two loops of a shell", besideOthers(gateway.port()));
        row(row, p99, "beside 100 hashes", besideJobs(gateway.port(), input));
        table.add(row.toString());
      }
      long late =
          Files.readAllLines(folder.resolve("output")).stream()
              .filter(line -> line.contains("loop_late"))
              .count();
      table.add("late loops told of: " + late);
    } finally {
      upstream.destroy();
      upstream.waitFor(10, TimeUnit.SECONDS);
    }
    p99.forEach(
        (what, values) -> table.add("median p99 %s: %.2f ms".formatted(what, median(values))));
    System.out.println(
        "\n| round | alone p50 ms | p99 | p99.9 | beside two loops of a shell p50 | p99 | p99.9"
            + " | beside 100 hashes p50 | p99 | p99.9 |\n"
            + "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
            + String.join("\n", table));
  }

  private static void row(
      StringBuilder row, Map<String, List<Double>> p99, String what, double[] times) {
    p99.computeIfAbsent(what, unused -> new ArrayList<>()).add(share(times, 0.99));
    row.append(
        " %.2f | %.2f | %.2f |"
            .formatted(share(times, 0.5), share(times, 0.99), share(times, 0.999)));
  }

  @Test
  void twoHundredPagesOfASecondFiftyAtOnce() throws Exception {
    int port = freePort();
    String yaml =
        """
        version: 1
        listeners: {web: {address: 127.0.0.1, port: %%d}, pages: {address: 127.0.0.1, port: %d}}
        admin: {port: 0}
        accessLog: {enabled: false}
        routes:
          - {name: page, match: {path: "/page/*"}, respond: {text: page, delay: 1s}}
          - name: fetch
            match: {path: /fetch}
            timeout: 60s
            job: {name: bulk-fetch, with: {allow: ["localhost:%d"], private: [127.0.0.0/8], concurrency: 50, perHost: 50}}
        """
            .formatted(port, port);
    String urls =
        IntStream.range(0, 200)
            .mapToObj(i -> "\"http://localhost:" + port + "/page/" + i + "\"")
            .collect(Collectors.joining(",", "{\"urls\": [", "]}"));
    double[] seconds = new double[ROUNDS];
    try (GatewayProcess gateway = GatewayProcess.start(folder, yaml);
        Http http = Http.to(gateway.port())) {
      for (int round = 0; round < ROUNDS; round++) {
        long began = System.nanoTime();
        http.post("/fetch", urls);
        seconds[round] = (System.nanoTime() - began) / 1e9;
      }
    }
    System.out.println("\n200 pages of 1 s, 50 at once: " + Arrays.toString(seconds) + " s");
  }
}
