package dev.sluice.gateway.sql;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.gateway.Main;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures, and asserts nothing: rows in and rows out, beside plain JDBC, in one run on one
 * PostgreSQL. Not one of the tests; {@code mvn test -Dtest=SqlBenchmark} prints its tables. It
 * needs {@code wrk}.
 */
class SqlBenchmark {
  private static final int ROWS = 100_000;
  private static final int ROUNDS = 6;
  private static final int WARM_ROUNDS = 2;

  @TempDir private Path folder;

  /**
   * A server that waits for JDBC on a thread a request, with as many connections as the gateway.
   */
  static final class ThreadPerRequest {
    private ThreadPerRequest() {}

    public static void main(String[] arguments) throws Exception {
      BlockingQueue<Connection> pool = new ArrayBlockingQueue<>(20);
      for (int i = 0; i < 20; i++) {
        pool.add(DriverManager.getConnection(arguments[1], "postgres", "postgres"));
      }
      HttpServer server =
          HttpServer.create(
              new InetSocketAddress(
                  InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])),
              1024);
      server.setExecutor(Executors.newFixedThreadPool(200));
      server.createContext(
          "/",
          exchange -> {
            String path = exchange.getRequestURI().getPath();
            String sql =
                path.startsWith("/item/")
                    ? "select id, name, email from people where id = ?"
                    : "select id, name, email from people order by id limit ?";
            int value = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
            try {
              Connection connection = pool.take();
              byte[] json;
              try {
                json = json(connection, sql, value, path.startsWith("/item/"));
              } finally {
                pool.add(connection);
              }
              exchange.getResponseHeaders().set("content-type", "application/json");
              exchange.sendResponseHeaders(200, json.length);
              try (OutputStream out = exchange.getResponseBody()) {
                out.write(json);
              }
            } catch (SQLException | InterruptedException e) {
              exchange.sendResponseHeaders(500, -1);
            }
          });
      server.start();
    }

    private static byte[] json(Connection connection, String sql, int value, boolean one)
        throws SQLException {
      StringBuilder text = new StringBuilder(one ? "" : "[");
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setInt(1, value);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            text.append(text.length() > 1 ? "," : "")
                .append("{\"id\":")
                .append(rows.getInt(1))
                .append(",\"name\":\"")
                .append(rows.getString(2))
                .append("\",\"email\":\"")
                .append(rows.getString(3))
                .append("\"}");
          }
        }
      }
      return text.append(one ? "" : "]").toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  @Test
  void rowsIn() throws Exception {
    measured((port, url, gateway) -> {
      try (Http http = Http.to(port)) {
        rowsIn(http, url);
      }
    });
  }

  @Test
  void rowsOut() throws Exception {
    measured((port, url, gateway) -> {
      try (Http http = Http.to(port)) {
        fill(http);
      }
      int other = free();
      Process jdbc = java(List.of(), ThreadPerRequest.class, List.of(Integer.toString(other), url));
      try {
        Gauges.until("it listens", () -> listens(other));
        rowsOut(port, other, gateway, jdbc);
      } finally {
        stop(jdbc);
      }
    });
  }

  private interface Measurement {
    void run(int port, String url, Process gateway) throws Exception;
  }

  private void measured(Measurement measurement) throws Exception {
    int port = free();
    Files.createDirectories(folder.resolve("db"));
    Files.writeString(
        folder.resolve("db/V1__people.sql"),
        "create table people (id serial primary key, name text not null, email text not null);");
    Path config = folder.resolve("sluice.yaml");
    Files.writeString(config, CONFIG.formatted(port));
    Process gateway =
        java(
            List.of("-XX:MaxRAMPercentage=50"),
            Main.class,
            List.of("run", "--config", config.toString()));
    try (Http http = Http.to(port)) {
      Gauges.until("it listens", () -> listens(port));
      PostgresGateway.open(http, "/where");
      measurement.run(
          port,
          "jdbc:postgresql://127.0.0.1:"
              + http.get("/where").json().getInteger("port")
              + "/postgres?user=postgres&password=postgres",
          gateway);
    } finally {
      stop(gateway);
    }
  }

  private static final String CONFIG =
      """
      version: 1
      admin: {port: 0}
      accessLog: {enabled: false}
      drain: {delay: 0ms, timeout: 1s}
      listeners: {public: {address: 127.0.0.1, port: %d}}
      databases: {main: {url: "embedded:postgres?temporary", pool: {min: 20, max: 20, wait: 10000}, migrations: db}}
      routes:
        - {name: where, match: {path: /where}, sql: {database: main, query: "select inet_server_port() as port", result: row}}
        - {name: in, match: {path: /people, methods: [POST]}, sql: {database: main, ingest: {table: people, columns: [name, email]}}}
        - {name: clear, match: {path: /people, methods: [DELETE]}, sql: {database: main, query: "delete from people"}}
        - {name: item, match: {path: "/item/{id}"}, sql: {database: main, query: "select id, name, email from people where id = $1", params: ["{path.id:int}"], result: row}}
        - {name: list, match: {path: "/list/{n}"}, sql: {database: main, query: "select id, name, email from people order by id limit $1", params: ["{path.n:int}"], result: rows}}
      """;

  // ---- rows in ----

  private static void rowsIn(Http http, String url) throws SQLException {
    String body = rows();
    List<String> lines = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url)) {
      for (int warm = 0; warm < WARM_ROUNDS; warm++) {
        http.post("/people", body);
        insert(connection, 1_000, ROWS);
        http.ask("DELETE", "/people", "");
      }
      for (int round = 1; round <= ROUNDS; round++) {
        http.ask("DELETE", "/people", "");
        long gateway = timed(() -> http.post("/people", body));
        http.ask("DELETE", "/people", "");
        long batches = timed(() -> insert(connection, 1_000, ROWS));
        http.ask("DELETE", "/people", "");
        long single = timed(() -> insert(connection, 1, ROWS));
        lines.add(
            "| %d | %,d | %,d | %,d | %.1f | %.1f |"
                .formatted(
                    round,
                    gateway,
                    batches,
                    single,
                    (double) batches / gateway,
                    (double) single / gateway));
      }
    }
    System.out.println(
        "| round | gateway ms | JDBC batches ms | JDBC one by one ms | × batches | × one by one |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    lines.forEach(System.out::println);
  }

  private static String rows() {
    return IntStream.range(0, ROWS)
        .mapToObj(i -> "{\"name\": \"name " + i + "\", \"email\": \"" + i + "@example.org\"}")
        .collect(Collectors.joining("\n"));
  }

  private static void fill(Http http) {
    http.post("/people", rows());
  }

  private static void insert(Connection connection, int batch, int rows) {
    try (PreparedStatement statement =
        connection.prepareStatement("insert into people (name, email) values (?, ?)")) {
      connection.setAutoCommit(batch == 1);
      for (int i = 0; i < rows; i++) {
        statement.setString(1, "name " + i);
        statement.setString(2, i + "@example.org");
        if (batch == 1) {
          statement.executeUpdate();
        } else {
          statement.addBatch();
          if (i % batch == batch - 1) {
            statement.executeBatch();
          }
        }
      }
      if (batch > 1) {
        connection.commit();
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static long timed(Runnable work) {
    long start = dev.sluice.gateway.resilience.SystemTicker.INSTANCE.nanos();
    work.run();
    return TimeUnit.NANOSECONDS.toMillis(
        dev.sluice.gateway.resilience.SystemTicker.INSTANCE.nanos() - start);
  }

  // ---- rows out ----

  private static void rowsOut(int gateway, int jdbc, Process one, Process two) throws Exception {
    System.out.println(
        "| what | clients | gateway req/s | p99 | RSS MiB | JDBC threads req/s | p99 | RSS MiB |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (String target : List.of("/item/777", "/list/100")) {
      for (int clients : List.of(32, 500)) {
        wrk(gateway, target, clients, 10);
        wrk(jdbc, target, clients, 10);
        for (int round = 0; round < 2; round++) {
          String mine = wrk(gateway, target, clients, 6) + " | " + resident(one);
          String theirs = wrk(jdbc, target, clients, 6) + " | " + resident(two);
          System.out.println(
              "| " + target + " | " + clients + " | " + mine + " | " + theirs + " |");
        }
      }
    }
  }

  private static String wrk(int port, String target, int clients, int seconds) throws Exception {
    Process process =
        new ProcessBuilder(
                "wrk",
                "-t1",
                "-c" + clients,
                "-d" + seconds,
                "--latency",
                "http://127.0.0.1:" + port + target)
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return found(text, "Requests/sec: +([0-9]+)")
        + " | "
        + found(text, "99% +([0-9.]+m?u?s)")
        + (text.contains("Non-2xx") || text.contains("timeout [1-9]") ? " (errors)" : "");
  }

  private static String found(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? matcher.group(1) : "?";
  }

  private static long resident(Process process) throws IOException {
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    return Long.parseLong(found(status, "VmRSS:\\s+([0-9]+) kB")) / 1024;
  }

  private static Process java(List<String> flags, Class<?> main, List<String> arguments)
      throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("--enable-native-access=ALL-UNNAMED");
    words.addAll(flags);
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    words.addAll(arguments);
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
