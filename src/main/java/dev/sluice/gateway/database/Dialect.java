package dev.sluice.gateway.database;

import dev.sluice.gateway.config.ActionConfig.Sql.Isolation;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What databases say in their own ways. */
enum Dialect {
  POSTGRES {
    @Override
    List<String> begin(@Nullable Isolation isolation) {
      return List.of(isolation == null ? "BEGIN" : "BEGIN ISOLATION LEVEL " + words(isolation));
    }

    @Override
    Future<Void> cancel(SqlConnection connection) {
      // A late cancellation must not hit the next statement, so it waits in front of a harmless
      // one.
      return PgConnection.cast(connection)
          .cancelRequest()
          .eventually(() -> connection.query("SELECT 1").execute());
    }

    @Override
    boolean cursorNeedsTransaction() {
      return true;
    }
  },
  MYSQL {
    @Override
    List<String> begin(@Nullable Isolation isolation) {
      return isolation == null
          ? List.of("START TRANSACTION")
          : List.of("SET TRANSACTION ISOLATION LEVEL " + words(isolation), "START TRANSACTION");
    }

    @Override
    Future<Void> cancel(SqlConnection connection) {
      // Its client does not tell the connection's id, without which no statement can be killed:
      // the statement timeout ends it, and the connection is not given to others before.
      return Future.succeededFuture();
    }

    @Override
    boolean cursorNeedsTransaction() {
      return false;
    }
  };

  static Dialect of(Kind kind) {
    return switch (kind) {
      case POSTGRES -> POSTGRES;
      case MYSQL -> MYSQL;
    };
  }

  /** What begins a transaction. */
  abstract List<String> begin(@Nullable Isolation isolation);

  /** Ends the connection's statement; completes when the connection may be used again. */
  abstract Future<Void> cancel(SqlConnection connection);

  /** Whether a cursor lives within a transaction only. */
  abstract boolean cursorNeedsTransaction();

  private static String words(Isolation isolation) {
    return isolation.name().replace('_', ' ');
  }
}
