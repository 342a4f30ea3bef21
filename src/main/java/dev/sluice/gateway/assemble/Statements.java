package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.sql.SqlAction;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The statements of a configuration, and what its databases say to them. A table may come later, so
 * that an objection is an error for who asks for it only. Any thread.
 */
public final class Statements {
  private Statements() {}

  /**
   * One statement.
   *
   * @param position file:line:column
   * @param route the route's name, or {@code route/part}
   */
  public record Written(String position, String route, String database, SqlText text) {}

  /** All of them, in the order of the file. */
  public static List<Written> of(GatewayConfig config) {
    List<Written> all = new ArrayList<>();
    for (RouteConfig route : config.routing().routes()) {
      if (route.action() instanceof ActionConfig.Sql sql) {
        add(config, route.name(), sql, all);
      } else if (route.action() instanceof ActionConfig.Compose compose) {
        for (ActionConfig.Compose.Part part : compose.parts()) {
          if (part.action() instanceof ActionConfig.Sql sql) {
            add(config, route.name() + "/" + part.name(), sql, all);
          }
        }
      }
    }
    return all;
  }

  private static void add(
      GatewayConfig config, String route, ActionConfig.Sql sql, List<Written> all) {
    DatabaseConfig database = config.databases().get(sql.database());
    if (database != null) {
      for (SqlText text : SqlAction.statements(sql, database.source().kind())) {
        all.add(new Written(sql.position(), route, sql.database(), text));
      }
    }
  }

  /** What a statement's database says against it, once it serves; empty for nothing. */
  public static Future<Optional<String>> objection(
      Written statement, Map<String, Database> databases) {
    Database database = databases.get(statement.database());
    if (database == null) {
      return Future.succeededFuture(Optional.empty());
    }
    return database
        .opened()
        .compose(nothing -> database.objection(statement.text()))
        .map(words ->
            words.isEmpty()
                ? Optional.empty()
                : Optional.of(
                    "route \""
                        + statement.route()
                        + "\": database "
                        + statement.database()
                        + " does not take it: "
                        + words));
  }
}
