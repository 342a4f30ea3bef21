package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig.Kept;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.DatabaseConfig.Server;
import java.nio.file.Path;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the migrations of a folder: each once, in order, by one node at a time. Blocks. */
final class Migrations {
  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

  private Migrations() {}

  /** Throws what Flyway throws when one cannot be run. */
  static void run(String database, Server server, Path folder) {
    FluentConfiguration flyway =
        configure(server).locations("filesystem:" + folder).failOnMissingLocations(true);
    run(database, flyway);
  }

  /** Makes the tables of the gateway's own; with histories of their own beside the user's. */
  static void own(String database, Server server, Kept what) {
    String folder =
        switch (what) {
          case JOBS -> "jobs/store";
          case CONFIGURATION -> "rollout";
          case QUOTAS -> "quota";
        };
    String table =
        switch (what) {
          case JOBS -> "jobs";
          case CONFIGURATION -> "config";
          case QUOTAS -> "quotas";
        };
    FluentConfiguration flyway =
        configure(server)
            .locations("classpath:dev/sluice/gateway/" + folder)
            .failOnMissingLocations(true)
            .table("sluice_" + table + "_history")
            .baselineOnMigrate(true)
            .baselineVersion("0");
    run(database, flyway);
  }

  private static FluentConfiguration configure(Server server) {
    return Flyway.configure().dataSource(url(server), server.user(), server.password().value());
  }

  private static void run(String database, FluentConfiguration flyway) {
    MigrateResult result = flyway.load().migrate();
    if (result.migrationsExecuted > 0) {
      LOG.info(
          "event=migrated database={} migrations={} version={}",
          database,
          result.migrationsExecuted,
          result.targetSchemaVersion);
    }
  }

  /** The address as JDBC writes it. */
  static String url(Server server) {
    boolean postgres = server.kind() == Kind.POSTGRES;
    String tls = server.tls();
    String mode =
        tls == null
            ? ""
            : postgres ? "?sslmode=" + tls : tls.equals("disable") ? "" : "?sslMode=" + mysql(tls);
    return (postgres ? "jdbc:postgresql://" : "jdbc:mariadb://")
        + server.host()
        + ":"
        + server.port()
        + "/"
        + server.database()
        + mode;
  }

  private static String mysql(String tls) {
    return tls.equals("prefer") || tls.equals("require") ? "trust" : tls;
  }
}
