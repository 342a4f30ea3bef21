package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.Work;
import java.util.List;
import java.util.function.Consumer;

/** Answers from a database. One instance serves all loops. */
public final class SqlAction implements Action {
  /** What is read of a request's body when a template asks for it. */
  private static final long MAX_BODY_BYTES = 10L << 20;

  private final SqlPlan plan;
  private final Database database;
  private final Work.Bounds bounds;

  /**
   * Compiles it.
   *
   * @param sql the route's action, or that of a part
   * @param scope what its templates may name
   * @throws Misfit when a template or the number of parameters makes no sense
   */
  public SqlAction(RouteConfig route, Sql sql, TemplateScope scope, Database database) {
    this.plan = plan(sql, scope, database.config().source().kind());
    this.database = database;
    this.bounds = Work.Bounds.of(route);
  }

  /** Looks at it without making anything; {@code faults} is told of all that makes no sense. */
  public static void check(
      Sql sql, TemplateScope scope, Kind kind, Consumer<? super Misfit> faults) {
    if (sql.doing() instanceof Sql.Transaction transaction) {
      TransactionPlan.check(transaction, sql, scope, kind, faults);
      return;
    }
    try {
      plan(sql, scope, kind);
    } catch (Misfit fault) {
      faults.accept(fault);
    }
  }

  /** The statements of it that a database can look at ahead. */
  public static List<SqlText> statements(Sql sql, Kind kind) {
    return switch (sql.doing()) {
      case Sql.Query query -> List.of(SqlText.of(query.text(), kind));
      case Sql.Transaction transaction ->
          transaction.steps().stream().map(step -> SqlText.of(step.text(), kind)).toList();
      case Sql.Ingest ingest -> List.of(IngestStatement.probe(ingest, kind));
    };
  }

  private static SqlPlan plan(Sql sql, TemplateScope scope, Kind kind) {
    try {
      return switch (sql.doing()) {
        case Sql.Query query ->
            SelectPlan.of(
                query, QueryPlan.of(query.text(), query.params(), scope, kind), sql.status());
        case Sql.Transaction transaction -> TransactionPlan.of(transaction, sql, scope, kind);
        case Sql.Ingest ingest -> new IngestPlan(ingest, kind, sql.status());
      };
    } catch (Misfit fault) {
      throw fault;
    } catch (IllegalArgumentException fault) {
      throw new Misfit(sql.position(), "sql: " + fault.getMessage(), fault);
    }
  }

  @Override
  public void serve(Exchange exchange) {
    exchange.withInput(
        plan.needsBody(),
        MAX_BODY_BYTES,
        input -> {
          switch (plan) {
            case SelectPlan select ->
                new SelectRun(exchange, select, database, bounds).begin(input);
            case TransactionPlan transaction ->
                new TransactionRun(exchange, transaction, database, bounds, input).begin();
            case IngestPlan ingest -> new IngestRun(exchange, ingest, database, bounds).begin();
          }
        });
  }
}
