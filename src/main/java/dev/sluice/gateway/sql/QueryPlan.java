package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateInput;
import dev.sluice.gateway.exchange.TemplateScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement and where the values of its parameters come from. Immutable. */
record QueryPlan(SqlText text, List<Template> params) {
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
    return new QueryPlan(text, List.copyOf(templates));
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
      values.add(param.parameter(input.values(), input.body()));
    }
    return values;
  }
}
