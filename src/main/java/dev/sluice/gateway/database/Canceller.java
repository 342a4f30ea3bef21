package dev.sluice.gateway.database;

import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.SqlConnection;

/** Ends the statement of a connection that is busy with it. Any loop. */
@FunctionalInterface
interface Canceller {
  /**
   * PostgreSQL's, by a request beside the connection (§53.2.8). A late one must not hit the next
   * statement, so it waits in front of a harmless one.
   */
  Canceller POSTGRES =
      busy ->
          PgConnection.cast(busy)
              .cancelRequest()
              .eventually(() -> busy.query("SELECT 1").execute());

  /** Completes when the connection may be used again, ended statement or not. */
  Future<Void> cancel(SqlConnection busy);
}
