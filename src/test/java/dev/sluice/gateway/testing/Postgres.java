package dev.sluice.gateway.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A PostgreSQL that several gateways share, and that can be stopped and started again. */
public final class Postgres implements AutoCloseable {
  private final Path data;
  private final int port;
  private EmbeddedPostgres server;
  private int databases;

  private Postgres(Path data, int port) throws IOException {
    this.data = data;
    this.port = port;
    this.server = builder().start();
  }

  /** Starts one on a free port. */
  public static Postgres start() {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = free.getLocalPort();
      free.close();
      return new Postgres(Files.createTempDirectory("postgres").resolve("data"), port);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private EmbeddedPostgres.Builder builder() {
    return EmbeddedPostgres.builder()
        .setPort(port)
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setServerConfig("listen_addresses", "127.0.0.1");
  }

  /** A new, empty database; its address as a configuration takes it. */
  public String database() {
    databases++;
    execute("postgres", "create database test" + databases);
    return "postgresql://postgres:postgres@127.0.0.1:" + port + "/test" + databases;
  }

  /** The name of the newest database. */
  public String newest() {
    return "test" + databases;
  }

  /** Runs a statement in a database. */
  public void execute(String database, String sql) {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** The first value that a statement gives. */
  public String ask(String database, String sql) {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "";
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  private Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, "postgres", "postgres");
  }

  /** It is gone, and its data is not. */
  public void stop() {
    try {
      server.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** It is back. */
  public void again() {
    try {
      server = builder().start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
