package dev.sluice.gateway.sql;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.Http;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A gateway over a real PostgreSQL with the tables and routes of {@code sql/postgres.*}. */
final class PostgresGateway implements AutoCloseable {
  final RunningGateway gateway;
  final Http http;

  private PostgresGateway(RunningGateway gateway) {
    this.gateway = gateway;
    this.http = Http.to(gateway.port("web"));
  }

  /** Starts one, its migrations in this folder, and waits until its databases serve. */
  static PostgresGateway start(Path folder) throws IOException {
    Files.writeString(folder.resolve("V1__tables.sql"), resource("postgres.sql"));
    PostgresGateway started =
        new PostgresGateway(
            RunningGateway.start(
                """
                listeners: {web: {address: 127.0.0.1, port: 0}}
                databases:
                  main: {url: "embedded:postgres?temporary", pool: {min: 2, max: 8}, migrations: %s}
                  narrow: {url: "embedded:postgres?temporary", pool: {max: 1, wait: 1, connect: 900ms}}
                %s
                """
                    .formatted(folder, resource("postgres.yaml"))));
    open(started.http, "/users/1");
    open(started.http, "/narrow");
    return started;
  }

  static String resource(String name) throws IOException {
    try (InputStream in = PostgresGateway.class.getResourceAsStream("/sql/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Waits until the database behind this path serves. */
  static void open(Http http, String target) {
    Gauges.until(
        "the database serves", () -> !http.get(target).detail().endsWith("does not serve yet"));
  }

  /** Statements that sleep in the database now. */
  int sleepers() {
    return http.get("/sleepers").json().getInteger("n");
  }

  @Override
  public void close() {
    http.close();
    gateway.close();
  }
}
