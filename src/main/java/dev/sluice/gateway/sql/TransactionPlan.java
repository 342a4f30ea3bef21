package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Statements of which all happen or none, compiled. Immutable.
 *
 * @param isolation null for the database's own
 */
record TransactionPlan(
    List<Step> steps, Sql.@Nullable Isolation isolation, TemplateTree respond, int status)
    implements SqlPlan {

  /**
   * One statement.
   *
   * @param as a name for its first row; null for none
   * @param expect rows that it must change or give; null for any
   */
  record Step(QueryPlan query, @Nullable String as, @Nullable Integer expect) {}

  static TransactionPlan of(Sql.Transaction config, Sql sql, TemplateScope scope, Kind kind) {
    return compile(
        config,
        sql,
        scope,
        kind,
        fault -> {
          throw fault;
        });
  }

  static void check(
      Sql.Transaction config,
      Sql sql,
      TemplateScope scope,
      Kind kind,
      Consumer<? super Misfit> faults) {
    compile(config, sql, scope, kind, faults);
  }

  private static TransactionPlan compile(
      Sql.Transaction config,
      Sql sql,
      TemplateScope scope,
      Kind kind,
      Consumer<? super Misfit> faults) {
    Map<String, List<String>> names = new LinkedHashMap<>(scope.names());
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < config.steps().size(); i++) {
      Sql.Step step = config.steps().get(i);
      String where = "step " + (i + 1) + ": ";
      try {
        steps.add(
            new Step(
                QueryPlan.of(step.text(), step.params(), scope.naming(names), kind),
                step.as(),
                step.expect()));
      } catch (IllegalArgumentException fault) {
        faults.accept(new Misfit(sql.position(), where + fault.getMessage(), fault));
      }
      String as = step.as();
      if (as != null && (Template.reserved(as) || names.put(as, List.of()) != null)) {
        faults.accept(
            new Misfit(sql.position(), where + "{" + as + ".…} means something else already"));
      }
    }
    TemplateTree respond = TemplateTree.compile(null, scope);
    try {
      respond = TemplateTree.compile(answer(config), scope.naming(names));
    } catch (IllegalArgumentException fault) {
      faults.accept(new Misfit(sql.position(), "respond: " + fault.getMessage(), fault));
    }
    return new TransactionPlan(steps, config.isolation(), respond, sql.status());
  }

  private static @Nullable Object answer(Sql.Transaction config) {
    Sql.Respond given = config.respond();
    if (given != null) {
      return given.json();
    }
    Map<String, Object> rows = new LinkedHashMap<>();
    for (Sql.Step step : config.steps()) {
      if (step.as() != null) {
        rows.put(step.as(), "{" + step.as() + "}");
      }
    }
    return rows;
  }

  @Override
  public boolean needsBody() {
    return respond.needsBody() || steps.stream().anyMatch(step -> step.query().needsBody());
  }
}
