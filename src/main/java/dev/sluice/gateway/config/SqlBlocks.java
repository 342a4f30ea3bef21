package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** SQL as an action and as a part of a composed answer. */
final class SqlBlocks {
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]{0,62}");
  private static final Scalar<String> COLUMN = Scalar.of("column name", "", SqlBlocks::identifier);

  private static final Key<String> DATABASE =
      Key.required(
          "database", ListenerBlock.reference(Names.Kind.DATABASE), "Which of the databases.");
  private static final Key<String> QUERY =
      Key.optional("query", Values.TEXT, "A statement; its parameters are `$1`, `$2` and so on.");
  private static final Key<List<String>> PARAMS =
      Key.of(
          "params",
          Shapes.list(Values.TEXT),
          "[]",
          "Templates of the parameters, in their order: `{path.id:int}`, `{body.note:text|null}`.");
  private static final Key<ActionConfig.Sql.Result> RESULT =
      Key.optional(
          "result",
          Values.choice(
              Values.words(
                  Map.entry("row", ActionConfig.Sql.Result.ROW),
                  Map.entry("rows", ActionConfig.Sql.Result.ROWS),
                  Map.entry("count", ActionConfig.Sql.Result.COUNT))),
          "`row`: one object, 404 when there is none; `rows`: an array, or NDJSON when the client"
              + " accepts it; `count`: how many rows changed. Without it rows where the statement"
              + " gives some, otherwise count.");
  private static final Key<Integer> STATUS =
      Key.of("status", count(200, 299), "200", "The answer's status.");

  private static final Key<String> STEP_QUERY =
      Key.required("query", Values.TEXT, "A statement; its parameters are `$1`, `$2` and so on.");
  private static final Key<String> AS =
      Key.optional(
          "as",
          Scalar.of("row name", "", SqlBlocks::rowName),
          "A name for its first row, for later templates: `{order.id}`.");
  private static final Key<Integer> EXPECT =
      Key.optional(
          "expect",
          count(0, 1_000_000_000),
          "Rows that it must change or give; otherwise all is undone, and the answer is 409.");
  private static final Block<ActionConfig.Sql.Step> STEP =
      new Block<>(
          "transaction step",
          "One statement of a transaction.",
          List.of(STEP_QUERY, PARAMS, AS, EXPECT),
          fields ->
              new ActionConfig.Sql.Step(
                  fields.value(STEP_QUERY),
                  fields.value(PARAMS),
                  fields.optional(AS),
                  fields.optional(EXPECT)));
  private static final Key<List<ActionConfig.Sql.Step>> TRANSACTION =
      Key.optional(
          "transaction",
          Shapes.some(STEP),
          "Statements that all happen or none does. Tried again as a whole when the database says"
              + " that it lost against another.");
  private static final Key<ActionConfig.Sql.Isolation> ISOLATION =
      Key.optional(
          "isolation",
          Values.choice(
              Values.words(
                  Map.entry("readCommitted", ActionConfig.Sql.Isolation.READ_COMMITTED),
                  Map.entry("repeatableRead", ActionConfig.Sql.Isolation.REPEATABLE_READ),
                  Map.entry("serializable", ActionConfig.Sql.Isolation.SERIALIZABLE))),
          "The transaction's; without it the database's own.");
  private static final Key<JsonValue> RESPOND =
      Key.optional(
          "respond",
          JsonValue.SHAPE,
          "A transaction's answer, a template over the request and the named rows; without it these"
              + " rows.");

  private static final Key<String> TABLE =
      Key.required(
          "table", Scalar.of("table name", "", SqlBlocks::table), "The table, its schema before.");
  private static final Key<List<String>> COLUMNS =
      Key.required("columns", Shapes.some(COLUMN), "Columns and fields of the same name.");
  private static final Key<Integer> BATCH =
      Key.of("batch", count(1, 10_000), "1000", "Rows of one statement.");
  private static final Key<Boolean> ATOMIC =
      Key.of("atomic", BOOLEAN, "true", "Whether all rows are kept or none.");
  private static final Block<ActionConfig.Sql.Ingest> INGEST_BLOCK =
      new Block<>(
          "ingest",
          "Inserts the objects of a JSON array or of NDJSON lines, of any number.",
          List.of(TABLE, COLUMNS, BATCH, ATOMIC),
          fields ->
              new ActionConfig.Sql.Ingest(
                  fields.value(TABLE),
                  fields.value(COLUMNS),
                  fields.value(BATCH),
                  fields.value(ATOMIC)));
  private static final Key<ActionConfig.Sql.Ingest> INGEST =
      Key.optional("ingest", INGEST_BLOCK, "Inserts many rows.");

  static final Block<ActionConfig.Sql> SQL =
      new Block<>(
          "sql",
          "Answers from a database; exactly one of query, transaction and ingest.",
          List.of(DATABASE, QUERY, PARAMS, RESULT, STATUS, TRANSACTION, ISOLATION, RESPOND, INGEST),
          SqlBlocks::sql);

  private SqlBlocks() {}

  private static ActionConfig.@Nullable Sql sql(Fields fields) {
    List<Key<?>> kinds = new ArrayList<>(List.<Key<?>>of(QUERY, TRANSACTION, INGEST));
    kinds.removeIf(key -> !fields.has(key));
    if (kinds.size() != 1) {
      fields
          .reading()
          .problem(fields.at(), "sql needs exactly one of query, transaction and ingest");
      return null;
    }
    belongs(fields, QUERY, PARAMS);
    belongs(fields, QUERY, RESULT);
    belongs(fields, TRANSACTION, ISOLATION);
    belongs(fields, TRANSACTION, RESPOND);
    ActionConfig.Sql.Doing doing = doing(fields);
    return doing == null
        ? null
        : new ActionConfig.Sql(
            fields.value(DATABASE), fields.position(), doing, fields.value(STATUS));
  }

  private static ActionConfig.Sql.@Nullable Doing doing(Fields fields) {
    String query = fields.optional(QUERY);
    List<ActionConfig.Sql.Step> steps = fields.optional(TRANSACTION);
    if (query != null) {
      return new ActionConfig.Sql.Query(query, fields.value(PARAMS), fields.optional(RESULT));
    }
    if (steps == null) {
      return fields.optional(INGEST);
    }
    JsonValue respond = fields.optional(RESPOND);
    return new ActionConfig.Sql.Transaction(
        steps,
        fields.optional(ISOLATION),
        respond == null ? null : new ActionConfig.Sql.Respond(respond.value()));
  }

  private static void belongs(Fields fields, Key<?> kind, Key<?> key) {
    if (fields.has(key) && !fields.has(kind)) {
      fields.problem(key, key.name() + ": belongs to " + kind.name());
    }
  }

  private static String identifier(String text, String shown) throws Unfit {
    if (!IDENTIFIER.matcher(text).matches()) {
      throw new Unfit(shown + " is no name: letters, digits, '_' and '$', no digit first");
    }
    return text;
  }

  private static String table(String text, String shown) throws Unfit {
    for (String part : text.split("\\.", 3)) {
      identifier(part, shown);
    }
    return text;
  }

  private static String rowName(String text, String shown) throws Unfit {
    if (!text.matches("[A-Za-z_][A-Za-z0-9_-]{0,62}")) {
      throw new Unfit(shown + " is no good name: letters, digits, '_' and '-', no digit first");
    }
    return text;
  }
}
