package dev.sluice.gateway.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A database by JDBC, for work that blocks its thread anyway: a bounded pool of connections that
 * are opened when they are needed. Any thread that may block.
 */
public final class JdbcSource implements AutoCloseable {
  private static final long CONNECT_MILLIS = 10_000;
  private static final long IDLE_MILLIS = TimeUnit.MINUTES.toMillis(2);

  private final HikariDataSource pool;

  /**
   * Opens nothing yet.
   *
   * @param url a JDBC URL; user and password stand in it
   * @param connections at once
   * @throws IllegalArgumentException when no driver takes it
   */
  public JdbcSource(String url, int connections) {
    HikariConfig config = new HikariConfig();
    try {
      config.setJdbcUrl(url);
      // A text takes the type that the statement wants there, as a date or a number.
      if (url.startsWith("jdbc:postgresql:") && !url.contains("stringtype=")) {
        config.addDataSourceProperty("stringtype", "unspecified");
      }
      config.setMaximumPoolSize(connections);
      config.setMinimumIdle(0);
      config.setIdleTimeout(IDLE_MILLIS);
      config.setConnectionTimeout(CONNECT_MILLIS);
      config.setInitializationFailTimeout(-1);
      config.setPoolName("sluice-jdbc");
      this.pool = new HikariDataSource(config);
    } catch (RuntimeException refused) {
      throw new IllegalArgumentException("no JDBC driver takes this url", refused);
    }
  }

  /**
   * Looks at an address without asking there.
   *
   * @throws IllegalArgumentException when no driver takes it
   */
  public static void check(String url) {
    try {
      DriverManager.getDriver(url);
    } catch (SQLException unknown) {
      throw new IllegalArgumentException(
          "url: there is a JDBC driver for jdbc:postgresql: and one for jdbc:mariadb:", unknown);
    }
  }

  /**
   * Runs one statement and gives its rows, or none and the count of what changed.
   *
   * @param seconds after which the database ends it
   * @param maxRows more are a failure
   * @param running told how it is ended from outside, before it begins
   * @throws Failed for what the database or its pool says against it
   */
  public List<Map<String, @Nullable Object>> rows(
      String query, List<?> params, int seconds, int maxRows, Consumer<Runnable> running) {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setQueryTimeout(Math.max(1, seconds));
      statement.setMaxRows(maxRows + 1);
      for (int i = 0; i < params.size(); i++) {
        statement.setObject(i + 1, params.get(i));
      }
      running.accept(() -> end(statement));
      if (!statement.execute()) {
        return List.of(Map.of("count", statement.getUpdateCount()));
      }
      try (ResultSet rows = statement.getResultSet()) {
        return read(rows, maxRows);
      }
    } catch (SQLTransientConnectionException unavailable) {
      throw new Failed(
          Failure.DATABASE_UNAVAILABLE,
          unavailable.getCause() == null
              ? "no connection became free in time"
              : "the database cannot be reached");
    } catch (SQLException refused) {
      throw failed(refused);
    }
  }

  private static void end(PreparedStatement statement) {
    try {
      statement.cancel();
    } catch (SQLException gone) {
      // it has ended by itself
    }
  }

  private static Failed failed(SQLException refused) {
    String state = String.valueOf(refused.getSQLState());
    if (state.startsWith("23")) {
      return new Failed(Failure.CONFLICT, "a constraint does not allow it");
    }
    if (state.equals("57014") || state.equals("70100")) {
      return new Failed(Failure.DEADLINE_EXCEEDED, "the statement was ended");
    }
    if (state.startsWith("22")) {
      return new Failed(Failure.INVALID_INPUT, "a parameter does not fit the statement");
    }
    return new Failed(Failure.DATABASE_ERROR, "the database refused the statement: " + state);
  }

  private static List<Map<String, @Nullable Object>> read(ResultSet rows, int maxRows)
      throws SQLException {
    ResultSetMetaData columns = rows.getMetaData();
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    while (rows.next()) {
      if (all.size() >= maxRows) {
        throw new Failed(Failure.ANSWER_TOO_LARGE, "there are more than " + maxRows + " rows");
      }
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        row.put(columns.getColumnLabel(i), value(rows, columns.getColumnTypeName(i), i));
      }
      all.add(row);
    }
    return all;
  }

  private static @Nullable Object value(ResultSet rows, String type, int column)
      throws SQLException {
    return switch (type) {
      case "timestamptz" -> RowValues.out(rows.getObject(column, OffsetDateTime.class));
      case "json", "jsonb", "JSON" -> {
        String json = rows.getString(column);
        yield json == null ? null : TemplateJson.parse(json.getBytes(StandardCharsets.UTF_8));
      }
      default -> value(rows.getObject(column));
    };
  }

  private static @Nullable Object value(@Nullable Object value) throws SQLException {
    return switch (value) {
      case null -> null;
      case Array array -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (Object each : (Object[]) array.getArray()) {
          list.add(value(each));
        }
        yield list;
      }
      case Timestamp moment -> RowValues.out(moment.toLocalDateTime());
      case Date date -> RowValues.out(date.toLocalDate());
      case Time time -> RowValues.out(time.toLocalTime());
      case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
      default -> RowValues.out(value);
    };
  }

  @Override
  public void close() {
    pool.close();
  }
}
