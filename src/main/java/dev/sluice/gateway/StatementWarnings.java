package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.assemble.Statements;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of statements that their database does not take, once each and database, when the
 * configuration that holds them is taken into service. The configuration thread's own.
 */
final class StatementWarnings {
  private static final Logger LOG = LoggerFactory.getLogger(StatementWarnings.class);

  private record Asked(Database database, SqlText text) {}

  private Set<Asked> asked = new HashSet<>();

  /**
   * Asks about what is new, each database one statement after the other, so that requests find its
   * connections free; does not wait for answers.
   */
  void look(Snapshot snapshot) {
    Set<Asked> seen = new HashSet<>();
    Map<Database, Future<?>> turns = new HashMap<>();
    for (Statements.Written statement : Statements.of(snapshot.config())) {
      Database database = snapshot.databases().get(statement.database());
      if (database == null) {
        continue;
      }
      Asked next = new Asked(database, statement.text());
      if (seen.add(next) && !asked.contains(next)) {
        Future<?> before = turns.getOrDefault(database, Future.succeededFuture());
        turns.put(database, before.transform(done -> ask(statement, snapshot)));
      }
    }
    turns.values().forEach(Watched::quietly);
    asked = seen;
  }

  private static Future<?> ask(Statements.Written statement, Snapshot snapshot) {
    return Statements.objection(statement, snapshot.databases())
        .onSuccess(words ->
            words.ifPresent(
                what -> LOG.warn("event=sql_check at={} {}", statement.position(), what)))
        .onFailure(cause ->
            LOG.debug("event=sql_check at={} not_asked=\"{}\"", statement.position(), cause));
  }
}
