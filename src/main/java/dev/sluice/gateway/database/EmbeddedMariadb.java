package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.DatabaseConfig.Server;
import dev.sluice.gateway.config.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A MariaDB of this process, on a free port of the loopback address. It asks nobody for a password,
 * as all who reach it are on this machine.
 */
final class EmbeddedMariadb implements EmbeddedDatabase {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedMariadb.class);
  private static final String DATABASE = "app";
  private static final String PID_FILE = "mariadb.pid";
  private static final String READY = "ready for connections";
  private static final long INSTALL_SECONDS = 120;
  private static final long START_SECONDS = 60;
  private static final long STOP_SECONDS = 20;

  private final @Nullable Path wanted;
  private @Nullable DataFolder files;
  private @Nullable Process server;
  private @Nullable Path temporary;

  /**
   * @param data its folder; null for one that goes with it
   */
  EmbeddedMariadb(@Nullable Path data) {
    this.wanted = data;
  }

  @Override
  public Server start() throws IOException {
    Path base = MariadbFiles.unpacked();
    Path data = wanted;
    if (data == null) {
      data = Files.createTempDirectory("sluice-mariadb-data");
      temporary = data;
    } else {
      files = DataFolder.take(data, PID_FILE, "mariadb");
    }
    Files.createDirectories(data);
    if (!Files.isDirectory(data.resolve("mysql"))) {
      install(base, data);
    }
    int port = freePort();
    run(base, data, port);
    Server address =
        new Server(Kind.MYSQL, "127.0.0.1", port, "root", new Secret(""), DATABASE, "disable");
    create(address);
    return address;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static ProcessBuilder program(Path base, Path data, String name) {
    List<String> words = new ArrayList<>();
    words.add(base.resolve(name).toString());
    words.add("--no-defaults");
    words.add("--basedir=" + base);
    words.add("--datadir=" + data.toAbsolutePath());
    if ("root".equals(System.getProperty("user.name"))) {
      words.add("--user=root");
    }
    ProcessBuilder builder = new ProcessBuilder(words).directory(base.toFile());
    builder.environment().put("LD_LIBRARY_PATH", base.resolve("libs").toString());
    return builder.redirectErrorStream(true);
  }

  private static void install(Path base, Path data) throws IOException {
    ProcessBuilder builder = program(base, data, "scripts/mariadb-install-db");
    builder.command().addAll(List.of("--force", "--skip-name-resolve", "--skip-test-db"));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    try {
      if (!process.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException("a new MariaDB could not be made in " + data);
      }
    } catch (InterruptedException stop) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stop);
    }
  }

  private void run(Path base, Path data, int port) throws IOException {
    ProcessBuilder builder = program(base, data, "bin/mariadbd");
    builder
        .command()
        .addAll(
            List.of(
                "--console",
                "--port=" + port,
                "--bind-address=127.0.0.1",
                // Short, since a socket's path has 107 bytes at most.
                "--socket=" + System.getProperty("java.io.tmpdir") + "/sluice-" + port + ".sock",
                "--pid-file=" + data.toAbsolutePath().resolve(PID_FILE),
                "--skip-name-resolve",
                "--skip-grant-tables",
                "--skip-ssl", // or it makes a key for seconds
                "--character-set-server=utf8mb4",
                "--max-allowed-packet=64M"));
    Process process = builder.start();
    server = process;
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "sluice-mariadb-end"));
    CompletableFuture<Boolean> ready = new CompletableFuture<>();
    Thread.ofVirtual().name("sluice-mariadb-output").start(() -> read(process, ready));
    try {
      if (ready.get(START_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("starting MariaDB", e);
    }
    throw new IOException("MariaDB did not start in " + data);
  }

  /** Reads what it says to its end, so that it never waits for us. */
  private static void read(Process process, CompletableFuture<Boolean> ready) {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        LOG.debug("mariadbd: {}", line);
        if (line.contains(READY)) {
          ready.complete(true);
        }
      }
    } catch (IOException closed) {
      LOG.debug("mariadbd: {}", closed.toString());
    }
    ready.complete(false);
  }

  private static void create(Server address) throws IOException {
    String url = "jdbc:mariadb://127.0.0.1:" + address.port() + "/";
    try (Connection connection = DriverManager.getConnection(url, address.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute("create database if not exists " + DATABASE);
    } catch (SQLException e) {
      throw new IOException("MariaDB started and does not answer: " + e.getMessage(), e);
    }
  }

  @Override
  public void stop() {
    Process running = server;
    server = null;
    if (running != null) {
      running.destroy();
      try {
        if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
          running.destroyForcibly();
        }
      } catch (InterruptedException stop) {
        running.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
    DataFolder.release(files);
    files = null;
    Path gone = temporary;
    temporary = null;
    if (gone != null) {
      MariadbFiles.delete(gone);
    }
  }
}
