package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.database.JdbcSource;
import dev.sluice.gateway.jobs.api.Job;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code jdbc-query}: one statement of the configuration by a JDBC driver, for databases that the
 * gateway speaks to by no other way. Its parameters are always bound.
 */
public final class JdbcQuery implements Job<JdbcQuery.Input, JdbcQuery.Output> {
  private static final int MOST_ROWS = 10_000;
  private static final int CONNECTIONS = 20;

  private final Map<String, JdbcSource> sources = new ConcurrentHashMap<>();

  /** The values of the statement's {@code ?}, in their order. */
  public record Input(@Nullable List<@Nullable Object> params) {}

  /** Its rows; for a statement without rows one with their {@code count}. */
  public record Output(List<Map<String, @Nullable Object>> rows) {}

  @Override
  public String name() {
    return "jdbc-query";
  }

  @Override
  public Kind kind() {
    return Kind.BLOCKING;
  }

  @Override
  public Class<Input> input() {
    return Input.class;
  }

  @Override
  public String inputSchema() {
    return """
    {"type": "object", "additionalProperties": false, "properties": {
      "params": {"type": "array", "maxItems": 1000,
        "items": {"type": ["string", "number", "boolean", "null"]}}}}\
    """;
  }

  @Override
  public String settingsSchema() {
    return """
    {"type": "object", "additionalProperties": false, "required": ["url", "query"],
     "properties": {
      "url": {"type": "string", "pattern": "^jdbc:"},
      "query": {"type": "string", "minLength": 1},
          "connections": {"type": "integer", "minimum": 1, "maximum": 1000},
      "maxRows": {"type": "integer", "minimum": 1, "maximum": 1000000}}}\
    """;
  }

  @Override
  public void check(Map<String, @Nullable Object> settings) {
    JdbcSource.check(String.valueOf(settings.get("url")));
  }

  @Override
  public Output run(Input input, JobContext context) {
    Map<String, @Nullable Object> settings = context.settings();
    int connections =
        settings.get("connections") instanceof Number number ? number.intValue() : CONNECTIONS;
    String url = String.valueOf(settings.get("url"));
    JdbcSource source =
        sources.computeIfAbsent(
            connections + " " + url, unused -> new JdbcSource(url, connections));
    List<@Nullable Object> params = input.params();
    return new Output(
        source.rows(
            String.valueOf(settings.get("query")),
            params == null ? List.of() : params,
            (int) Math.max(1, context.left().toSeconds()),
            settings.get("maxRows") instanceof Number most ? most.intValue() : MOST_ROWS,
            context::onCancel));
  }

  @Override
  public void close() {
    sources.values().forEach(JdbcSource::close);
  }
}
