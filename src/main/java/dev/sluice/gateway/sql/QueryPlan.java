package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.database.SqlFault;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateInput;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A statement and where the values of its parameters come from. Immutable.
 *
 * @param nul whether the database takes texts that hold U+0000
 */
record QueryPlan(SqlText text, List<Template> params, boolean nul) {
  /**
   * Compiles it.
   *
   * @throws IllegalArgumentException with a sentence about what does not fit
   */
  static QueryPlan of(String query, List<String> params, TemplateScope scope, Kind kind) {
    SqlText text = SqlText.of(query, kind);
    List<Template> templates = new ArrayList<>();
    for (String param : params) {
      templates.add(Template.compile(param, scope));
    }
    if (text.parameters() != params.size()) {
      throw new IllegalArgumentException(
          "the statement has "
              + (text.parameters() == 0 ? "no parameter" : "parameters up to $" + text.parameters())
              + ", and params has "
              + params.size());
    }
    return new QueryPlan(text, List.copyOf(templates), kind == Kind.MYSQL);
  }

  /** Whether a template asks for the request's body. */
  boolean needsBody() {
    return params.stream().anyMatch(Template::needsBody);
  }

  /**
   * Looks whether the request has all that the parameters ask of it.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code INVALID_INPUT} that names what is missing or
   *     does not fit
   */
  void demand(TemplateInput input) {
    params.forEach(param -> param.demand(input.values(), input.body()));
  }

  /**
   * The values of one request's parameters.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code INVALID_INPUT} when one is missing or unfit
   */
  List<@Nullable Object> values(TemplateInput input) {
    List<@Nullable Object> values = new ArrayList<>(params.size());
    for (Template param : params) {
      Object value = param.parameter(input.values(), input.body());
      if (!nul && value instanceof String text && text.indexOf(0) >= 0) {
        throw new Failed(
            Failure.INVALID_INPUT,
            fields(param) + " holds U+0000, which the database does not take");
      }
      values.add(value);
    }
    return values;
  }

  /** What the exchange is told of it: where a value does not fit, the fields that may be meant. */
  Failed failed(SqlFault fault) {
    Failed failed = fault.failed();
    List<String> fields = params.stream().flatMap(param -> param.fields().stream()).toList();
    return failed.failure() != Failure.INVALID_INPUT || fields.isEmpty()
        ? failed
        : new Failed(
            Failure.INVALID_INPUT,
            failed.getMessage()
                + (fields.size() == 1 ? ": " : ": one of ")
                + String.join(", ", fields));
  }

  private static String fields(Template param) {
    return String.join(", ", param.fields());
  }
}
