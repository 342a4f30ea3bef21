package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.Values.BOOLEAN;
import static dev.sluice.gateway.config.Values.count;
import static dev.sluice.gateway.config.Values.duration;
import static dev.sluice.gateway.config.Values.size;

import dev.sluice.gateway.failure.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Composed answers and batches. */
final class ComposeBlocks {
  private static final int MOST_PARTS = 32;
  private static final Pattern PART_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,62}");

  private static final Key<String> UPSTREAM =
      Key.optional(
          "upstream",
          ListenerBlock.reference(Names.Kind.UPSTREAM),
          "The upstream asked; either it or sql.");
  private static final Key<ActionConfig.Sql> SQL =
      Key.optional("sql", SqlBlocks.SQL, "A query; its templates may name other parts too.");
  private static final Key<String> METHOD = Key.of("method", Http.METHOD, "GET", "The method.");
  private static final Key<String> PATH =
      Key.optional(
          "path",
          Http.PATH,
          "Path and query, a template over the request and over other parts: `{user.body.id}`.");
  private static final Key<Map<String, String>> HEADERS =
      Key.of("headers", FilterBlocks.OWN_HEADERS, "{}", "Headers to send; values are templates.");
  private static final Key<List<String>> PASS =
      Key.of(
          "pass",
          Shapes.list(Http.FREE_HEADER_NAME),
          "[]",
          "The client's headers to pass on; without it none, its credentials neither.");
  private static final Key<JsonValue> BODY =
      Key.optional("body", JsonValue.SHAPE, "A JSON body to send; its strings are templates.");
  private static final Key<Boolean> OPTIONAL =
      Key.of("optional", BOOLEAN, "false", "Whether the answer can do without it.");
  private static final Key<JsonValue> DEFAULT =
      Key.optional(
          "default", JsonValue.SHAPE, "Stands for the body of an optional part that failed.");
  private static final Key<Map<String, JsonValue>> ON_FAILURE =
      Key.of(
          "onFailure",
          Shapes.map(
              Scalar.of("reason, status or class", "", ComposeBlocks::failure), JsonValue.SHAPE),
          "{}",
          "Values to go on with, by reason (`upstream_timeout`), status (`404`) or class (`5xx`).");
  private static final Key<Duration> TIMEOUT =
      Key.optional(
          "timeout", duration("1ms", "1d"), "Until its last byte; never beyond the route's.");
  private static final Key<Long> MAX_BODY =
      Key.of("maxBody", size("1B", "1GiB"), "10MiB", "The largest answer.");

  private static final Block<Function<String, ActionConfig.Compose.Part>> PART =
      new Block<>(
          "part",
          "One call of a composed answer.",
          List.of(
              UPSTREAM,
              SQL,
              METHOD,
              PATH,
              HEADERS,
              PASS,
              BODY,
              OPTIONAL,
              DEFAULT,
              ON_FAILURE,
              TIMEOUT,
              MAX_BODY),
          ComposeBlocks::part);

  private static final Key<ActionConfig.Compose.Mode> MODE =
      Key.of(
          "mode",
          Values.choice(
              Values.words(
                  Map.entry("failFast", ActionConfig.Compose.Mode.FAIL_FAST),
                  Map.entry("collectAll", ActionConfig.Compose.Mode.COLLECT_ALL))),
          "failFast",
          "Whether the first failure of a needed part ends everything, or all run to their end.");
  private static final Key<Integer> CONCURRENCY =
      Key.of("concurrency", count(1, MOST_PARTS), "32", "Parts under way at once.");
  private static final Key<List<ActionConfig.Compose.Part>> PARTS =
      Key.required(
          "parts",
          Shapes.as(
              Shapes.map(Scalar.of("part name", "", ComposeBlocks::partName), PART),
              made -> {
                List<ActionConfig.Compose.Part> parts = new ArrayList<>();
                made.forEach((name, make) -> parts.add(make.apply(name)));
                return parts;
              }),
          "The calls, by name; 1 to 32. One that names another in a template starts after it.");
  private static final Key<JsonValue> RESPONSE =
      Key.optional(
          "response",
          JsonValue.SHAPE,
          "The answer, a template; without it each part's body under its name.");
  static final Block<ActionConfig.Compose> COMPOSE =
      new Block<>(
          "compose",
          "Gathers several calls into one answer, within the route's timeout.",
          List.of(MODE, CONCURRENCY, PARTS, RESPONSE),
          ComposeBlocks::compose);

  private static final Key<Integer> MAX =
      Key.of("max", count(1, 100_000), "1000", "Elements that are taken; more is refused.");
  private static final Key<Integer> BATCH_CONCURRENCY =
      Key.of("concurrency", count(1, 1_000), "10", "Elements under way at once.");
  private static final Key<Integer> CHUNK =
      Key.of(
          "chunk",
          count(1, 100_000),
          "100",
          "Elements begun ahead of the first one that is not yet written.");
  private static final Key<Boolean> STOP =
      Key.of(
          "stopOnFailure",
          BOOLEAN,
          "false",
          "Whether no further element begins after a status of 400 or more.");
  private static final Key<Long> ELEMENT_BODY =
      Key.of("maxBody", size("1B", "1GiB"), "1MiB", "The largest answer to one element.");
  static final Block<ActionConfig.Batch> BATCH =
      new Block<>(
          "batch",
          "Takes a JSON array of requests `{id, method, path, params, headers, body}` and answers"
              + " each as if it had come alone.",
          List.of(MAX, BATCH_CONCURRENCY, CHUNK, STOP, ELEMENT_BODY),
          fields ->
              new ActionConfig.Batch(
                  fields.value(MAX),
                  fields.value(BATCH_CONCURRENCY),
                  fields.value(CHUNK),
                  fields.value(STOP),
                  fields.value(ELEMENT_BODY)));

  private ComposeBlocks() {}

  private static @Nullable Function<String, ActionConfig.Compose.Part> part(Fields fields) {
    ActionConfig.Sql sql = fields.optional(SQL);
    String upstream = fields.optional(UPSTREAM);
    if (fields.has(UPSTREAM) == fields.has(SQL)) {
      fields.reading().problem(fields.at(), "a part needs exactly one of upstream and sql");
      return null;
    }
    for (Key<?> key : List.of(METHOD, PATH, HEADERS, PASS, BODY)) {
      if (sql != null && fields.has(key)) {
        fields.problem(key, key.name() + ": is for a part with an upstream");
      }
    }
    if (sql != null && !(sql.doing() instanceof ActionConfig.Sql.Query)) {
      fields.problem(SQL, "sql: a part has a query");
    }
    if (upstream != null && !fields.has(PATH)) {
      fields.reading().problem(fields.at(), "part needs the key 'path'");
    }
    ActionConfig action = upstream != null ? new ActionConfig.Upstream(upstream) : sql;
    if (action == null) {
      return null;
    }
    JsonValue body = fields.optional(BODY);
    JsonValue otherwise = fields.optional(DEFAULT);
    if (otherwise != null && !fields.value(OPTIONAL)) {
      fields.problem(DEFAULT, "default: is for a part with optional: true");
    }
    Map<String, @Nullable Object> onFailure = new LinkedHashMap<>();
    fields.value(ON_FAILURE).forEach((key, value) -> onFailure.put(key, value.value()));
    ActionConfig.Compose.Ask ask =
        new ActionConfig.Compose.Ask(
            fields.value(METHOD),
            fields.or(PATH, "/"),
            fields.value(HEADERS),
            fields.value(PASS),
            body == null ? null : new ActionConfig.Compose.Ask.Body(body.value()),
            fields.value(MAX_BODY));
    return name ->
        new ActionConfig.Compose.Part(
            name,
            fields.position(),
            action,
            ask,
            fields.value(OPTIONAL),
            otherwise == null ? null : otherwise.value(),
            onFailure,
            fields.optional(TIMEOUT));
  }

  private static ActionConfig.@Nullable Compose compose(Fields fields) {
    List<ActionConfig.Compose.Part> parts = fields.value(PARTS);
    if (parts.size() > MOST_PARTS) {
      fields.problem(PARTS, "parts: " + parts.size() + " are too many; 32 at most");
    }
    JsonValue response = fields.optional(RESPONSE);
    if (fields.value(MODE) == ActionConfig.Compose.Mode.COLLECT_ALL) {
      checkErrors(fields, response, parts);
    }
    return new ActionConfig.Compose(
        fields.value(MODE),
        fields.value(CONCURRENCY),
        parts,
        response == null ? null : response.value());
  }

  /** What failed is told within the answer, which must have room for it under its name. */
  private static void checkErrors(
      Fields fields, @Nullable JsonValue response, List<ActionConfig.Compose.Part> parts) {
    String taken = "'errors' tells with collectAll what failed, and can mean nothing else";
    if (response == null) {
      if (parts.stream().anyMatch(part -> part.name().equals("errors"))) {
        fields.problem(PARTS, "parts: " + taken);
      }
    } else if (!(response.value() instanceof Map<?, ?> map)) {
      fields.problem(RESPONSE, "response: must be a map with collectAll, which adds errors to it");
    } else if (map.containsKey("errors")) {
      fields.problem(RESPONSE, "response: " + taken);
    }
  }

  private static String partName(String text, String shown) throws Unfit {
    if (!PART_NAME.matcher(text).matches()) {
      throw new Unfit(
          shown + " is no good name for a part: letters, digits, '_' and '-', no digit first");
    }
    return text;
  }

  private static String failure(String text, String shown) throws Unfit {
    String word = text.toLowerCase(Locale.ROOT);
    if (word.matches("[45]([0-9][0-9]|xx)")) {
      return word;
    }
    TreeSet<String> reasons = new TreeSet<>(List.of("upstream_status"));
    for (Failure failure : Failure.values()) {
      reasons.add(failure.reason());
    }
    if (!reasons.contains(word)) {
      throw new Unfit(
          shown
              + " is neither a reason nor a status from 400 to 599 nor 4xx or 5xx"
              + Nearest.suggestion(word, reasons));
    }
    return word;
  }
}
