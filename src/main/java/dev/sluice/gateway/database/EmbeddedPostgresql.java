package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.DatabaseConfig.Server;
import dev.sluice.gateway.config.Secret;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A PostgreSQL of this process, on a free port of the loopback address. */
final class EmbeddedPostgresql implements EmbeddedDatabase {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgresql.class);

  private final @Nullable Path data;
  private @Nullable DataFolder files;
  private @Nullable EmbeddedPostgres server;

  /**
   * @param data its folder; null for one that goes with it
   */
  EmbeddedPostgresql(@Nullable Path data) {
    this.data = data;
  }

  @Override
  public Server start() throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setRegisterShutdownHook(true)
            .setServerConfig("listen_addresses", "127.0.0.1");
    Path folder = data;
    if (folder != null) {
      files = DataFolder.take(folder, "postmaster.pid", "postgres");
      builder.setDataDirectory(folder).setCleanDataDirectory(false);
    }
    EmbeddedPostgres started = builder.start();
    server = started;
    return new Server(
        Kind.POSTGRES,
        "127.0.0.1",
        started.getPort(),
        "postgres",
        new Secret("postgres"),
        "postgres",
        "disable");
  }

  @Override
  public void stop() {
    EmbeddedPostgres running = server;
    server = null;
    if (running != null) {
      try {
        running.close();
      } catch (IOException e) {
        LOG.warn("event=embedded_database_stop failed", e);
      }
    }
    DataFolder.release(files);
    files = null;
  }
}
