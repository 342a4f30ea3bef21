package dev.sluice.gateway.database;

import dev.sluice.gateway.config.ActionConfig.Sql.Isolation;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
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

  /** Whether a cursor lives within a transaction only. */
  abstract boolean cursorNeedsTransaction();

  private static String words(Isolation isolation) {
    return isolation.name().replace('_', ' ');
  }
}
