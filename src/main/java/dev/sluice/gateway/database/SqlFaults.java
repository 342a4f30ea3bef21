package dev.sluice.gateway.database;

import dev.sluice.gateway.database.SqlFault.Again;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.DatabaseException;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The one place that says what an exception of a database client means. What clients are told holds
 * names of constraints and columns, never a value or a statement: these stand in the log.
 */
final class SqlFaults {
  /** What comes behind a statement that was refused in the same transaction. */
  private static final String ABORTED = "25P02";

  private static final Logger LOG = LoggerFactory.getLogger(SqlFaults.class);

  /** MySQL's messages are all that names a constraint: {@code … for key 'users.email'}. */
  private static final Pattern KEY = Pattern.compile("for key '([^']{1,200})'");

  private static final Pattern CONSTRAINT = Pattern.compile("CONSTRAINT [`\"]([^`\"]{1,200})[`\"]");
  private static final Pattern CHECK = Pattern.compile("[Cc]onstraint [`'\"]?([\\w.$]{1,200})");
  private static final Pattern COLUMN = Pattern.compile("(?:[Cc]olumn|[Ff]ield) '([^']{1,200})'");

  private static final Pattern ERROR_MESSAGE =
      Pattern.compile("errorMessage=(.*), errorCode=", Pattern.DOTALL);

  private static final int MYSQL_DEADLOCK = 1213;
  private static final int MYSQL_LOCK_WAIT = 1205;
  private static final int MARIADB_TIMEOUT = 1969;
  private static final int MYSQL_TIMEOUT = 3024;
  private static final int MYSQL_INTERRUPTED = 1317;
  private static final int MYSQL_NO_CURSOR = 1421;
  private static final int MYSQL_CHECK = 4025;
  private static final int MYSQL_CHECK_8 = 3819;

  private SqlFaults() {}

  static SqlFault of(Throwable cause, String database) {
    return switch (cause) {
      case SqlFault known -> known;
      case Failed failed ->
          new SqlFault(failed.failure(), Again.NEVER, String.valueOf(failed.getMessage()));
      case PgException refused -> postgres(refused, database);
      case DatabaseException refused -> mysql(refused, database);
      case ClosedConnectionException lost -> lost(database);
      case IOException lost -> lost(database);
      case VertxException lost -> wait(lost, database);
      default -> unknown(cause, database);
    };
  }

  /** A database's own words about a statement. */
  static String words(Throwable cause) {
    if (cause instanceof PgException refused) {
      String position = refused.getPosition();
      return refused.getErrorMessage()
          + (position == null || position.isEmpty() ? "" : " at character " + position);
    }
    String message = String.valueOf(cause.getMessage());
    Matcher mysql = ERROR_MESSAGE.matcher(message);
    return mysql.find() ? mysql.group(1) : message;
  }

  private static SqlFault lost(String database) {
    return new SqlFault(
        Failure.DATABASE_UNAVAILABLE,
        Again.READ,
        "the connection to database " + database + " was lost");
  }

  private static SqlFault wait(VertxException cause, String database) {
    String message = String.valueOf(cause.getMessage());
    return message.contains("max wait queue") || message.contains("Connection is closed")
        ? message.contains("max wait queue") ? busy(database) : lost(database)
        : unknown(cause, database);
  }

  private static SqlFault busy(String database) {
    return new SqlFault(
        Failure.QUEUE_FULL,
        Again.NEVER,
        "all connections to database " + database + " are taken and too many wait");
  }

  private static SqlFault unknown(Throwable cause, String database) {
    String message = String.valueOf(cause.getMessage());
    if (message.contains("max wait queue")) {
      return busy(database);
    }
    if (message.equals("Timeout")) {
      return new SqlFault(
          Failure.QUEUE_FULL,
          Again.NEVER,
          "no connection to database " + database + " became free in time");
    }
    if (message.contains("can not be coerced") || message.contains("cannot be coerced")) {
      LOG.warn("event=sql_parameter database={} message=\"{}\"", database, message);
      return new SqlFault(
          Failure.DATABASE_ERROR,
          Again.NEVER,
          "a parameter has another type than the statement wants; give its template one, as in"
              + " {path.id:int}");
    }
    if (cause.getClass().getName().contains("Connect") || message.contains("onnection")) {
      return new SqlFault(
          Failure.DATABASE_UNAVAILABLE, Again.READ, "database " + database + " cannot be reached");
    }
    LOG.error("event=sql_fault database={}", database, cause);
    return new SqlFault(
        Failure.DATABASE_ERROR, Again.NEVER, "database " + database + " gave no good answer");
  }

  // ---- PostgreSQL, appendix A: codes by class ----

  private static SqlFault postgres(PgException refused, String database) {
    String state = String.valueOf(refused.getSqlState());
    String group = state.length() < 2 ? "" : state.substring(0, 2);
    return switch (group) {
      case "23" -> conflict(refused.getConstraint(), refused.getColumn());
      case "22" -> unfit(refused.getErrorMessage(), refused.getColumn());
      case "40" ->
          new SqlFault(
              Failure.DATABASE_UNAVAILABLE,
              Again.TRANSACTION,
              "the transaction was in another's way and lost");
      case "08", "28", "53" -> unreachable(state, database, refused);
      case "57" -> state.equals("57014") ? slow(database) : unreachable(state, database, refused);
      case "3D" -> unreachable(state, database, refused);
      default -> wrong(state, database, refused);
    };
  }

  // ---- MySQL and MariaDB: their own numbers, and SQLSTATE where that says more ----

  private static SqlFault mysql(DatabaseException refused, String database) {
    String message = String.valueOf(refused.getMessage());
    String state = String.valueOf(refused.getSqlState());
    return switch (refused.getErrorCode()) {
      case MYSQL_DEADLOCK, MYSQL_LOCK_WAIT ->
          new SqlFault(
              Failure.DATABASE_UNAVAILABLE,
              Again.TRANSACTION,
              "the transaction was in another's way and lost");
      // An interrupted statement of which rows are asked for has no cursor.
      case MARIADB_TIMEOUT, MYSQL_TIMEOUT, MYSQL_INTERRUPTED, MYSQL_NO_CURSOR -> slow(database);
      case MYSQL_CHECK, MYSQL_CHECK_8 -> {
        String name = find(CONSTRAINT, message);
        yield conflict(name == null ? find(CHECK, message) : name, null);
      }
      default -> {
        if (state.startsWith("23")) {
          String name = find(KEY, message);
          yield conflict(name == null ? find(CONSTRAINT, message) : name, find(COLUMN, message));
        }
        if (state.startsWith("22")) {
          yield unfit(message, find(COLUMN, message));
        }
        yield state.startsWith("08") || state.startsWith("28")
            ? unreachable(state, database, refused)
            : wrong(state, database, refused);
      }
    };
  }

  private static @Nullable String find(Pattern pattern, String message) {
    Matcher matcher = pattern.matcher(message);
    return matcher.find() ? matcher.group(1) : null;
  }

  private static SqlFault conflict(@Nullable String constraint, @Nullable String column) {
    String detail =
        constraint != null
            ? "constraint " + constraint + " does not allow it"
            : column != null
                ? "column " + column + " must have a value"
                : "a constraint does not allow it";
    return new SqlFault(Failure.CONFLICT, Again.NEVER, detail);
  }

  private static SqlFault unfit(@Nullable String message, @Nullable String column) {
    // The database's sentence may hold the value, which is the client's own.
    LOG.debug("event=sql_value message=\"{}\"", message);
    return new SqlFault(
        Failure.INVALID_INPUT,
        Again.NEVER,
        column == null
            ? "a value does not fit its place in the database"
            : "a value does not fit column " + column);
  }

  private static SqlFault slow(String database) {
    return new SqlFault(
        Failure.UPSTREAM_TIMEOUT,
        Again.READ,
        "database " + database + " took too long for a statement");
  }

  private static SqlFault unreachable(String state, String database, DatabaseException refused) {
    LOG.warn(
        "event=database_unavailable database={} state={} message=\"{}\"",
        database,
        state,
        refused.getMessage());
    return new SqlFault(
        Failure.DATABASE_UNAVAILABLE, Again.READ, "database " + database + " does not serve now");
  }

  private static SqlFault wrong(String state, String database, DatabaseException refused) {
    LOG.atLevel(state.equals(ABORTED) ? Level.DEBUG : Level.WARN)
        .log(
            "event=sql_refused database={} state={} message=\"{}\"",
            database,
            state,
            refused.getMessage());
    return new SqlFault(
        Failure.DATABASE_ERROR,
        Again.NEVER,
        "database " + database + " does not take the statement (SQLSTATE " + state + ")");
  }
}
