package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql.Ingest;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlText;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statement that inserts many rows at once.
 *
 * <p>PostgreSQL gets one array a column, whatever the number of rows, so that it prepares one
 * statement and each batch is one message; all values travel as text and are cast by the database
 * to their columns' types, which are asked for once. MySQL has no arrays: there each row has its
 * own placeholders. Any thread.
 */
final class IngestStatement {
  private static final int MYSQL_PLACEHOLDERS = 65_535;
  private static final String TYPES =
      """
      select a.attname as name,
             quote_ident(n.nspname) || '.' || quote_ident(t.typname) as type
      from pg_attribute a join pg_type t on t.oid = a.atttypid
        join pg_namespace n on n.oid = t.typnamespace
      where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
      """;

  private final Ingest config;
  private final Kind kind;
  private final AtomicReference<@Nullable SqlText> known = new AtomicReference<>();

  IngestStatement(Ingest config, Kind kind) {
    this.config = config;
    this.kind = kind;
  }

  /** A statement that a database takes only when table and columns are there. */
  static SqlText probe(Ingest config, Kind kind) {
    return SqlText.of(
        "select "
            + String.join(", ", config.columns())
            + " from "
            + config.table()
            + " where 1 = 0",
        kind);
  }

  /** Rows of one statement. */
  int batch() {
    return kind == Kind.MYSQL
        ? Math.max(1, Math.min(config.batch(), MYSQL_PLACEHOLDERS / config.columns().size()))
        : config.batch();
  }

  /** Asks the database what it has to know; does so again after {@link #forget}. */
  Future<Void> learn(Database database, Cancellation cancellation) {
    if (kind == Kind.MYSQL || known.get() != null) {
      return Future.succeededFuture();
    }
    return database
        .query(SqlText.of(TYPES, kind), Collections.singletonList(config.table()), cancellation)
        .map(result -> {
          known.set(postgres(result.rows()));
          return null;
        });
  }

  /** The table may have changed. */
  void forget() {
    known.set(null);
  }

  private SqlText postgres(List<Map<String, @Nullable Object>> columns) {
    Map<String, String> types =
        columns.stream()
            .collect(
                Collectors.toMap(
                    row -> String.valueOf(row.get("name")),
                    row -> String.valueOf(row.get("type"))));
    List<String> casts = new ArrayList<>();
    for (int i = 0; i < config.columns().size(); i++) {
      String name = config.columns().get(i).toLowerCase(java.util.Locale.ROOT);
      // A column that is not there gets no cast; the insert then says so.
      casts.add("c" + i + (types.containsKey(name) ? "::" + types.get(name) : ""));
    }
    String arrays = numbered("$%d::text[]", 1);
    return SqlText.of(
        "insert into "
            + config.table()
            + " ("
            + String.join(", ", config.columns())
            + ") select "
            + String.join(", ", casts)
            + " from unnest("
            + arrays
            + ") as t("
            + numbered("c%d", 0)
            + ")",
        kind);
  }

  private String numbered(String format, int first) {
    return IntStream.range(0, config.columns().size())
        .mapToObj(i -> format.formatted(i + first))
        .collect(Collectors.joining(", "));
  }

  /** For this many rows. */
  SqlText text(int rows) {
    SqlText postgres = known.get();
    if (postgres != null) {
      return postgres;
    }
    int columns = config.columns().size();
    StringBuilder sql = new StringBuilder("insert into ").append(config.table());
    sql.append(" (").append(String.join(", ", config.columns())).append(") values ");
    String row = "(" + "?, ".repeat(columns - 1) + "?)";
    sql.append((row + ",").repeat(rows - 1)).append(row);
    return SqlText.insert(sql.toString(), rows * columns);
  }

  /** The values of its parameters. */
  List<@Nullable Object> values(List<@Nullable String[]> rows) {
    int columns = config.columns().size();
    List<@Nullable Object> values = new ArrayList<>();
    if (kind == Kind.MYSQL) {
      for (@Nullable String[] row : rows) {
        Collections.addAll(values, (Object[]) row);
      }
      return values;
    }
    for (int column = 0; column < columns; column++) {
      String[] array = new String[rows.size()];
      for (int i = 0; i < array.length; i++) {
        array[i] = rows.get(i)[column];
      }
      values.add(array);
    }
    return values;
  }

  /** How a truth is written as text. */
  String truth(boolean value) {
    return kind == Kind.MYSQL ? value ? "1" : "0" : Boolean.toString(value);
  }
}
