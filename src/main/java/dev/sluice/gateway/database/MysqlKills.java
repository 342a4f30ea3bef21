package dev.sluice.gateway.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.mysqlclient.MySQLConnectOptions;
import io.vertx.mysqlclient.MySQLConnection;
import io.vertx.sqlclient.SqlConnection;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends statements of MySQL and MariaDB: another connection asks for it ({@code KILL QUERY}), by the
 * number of the one that is busy. The client does not tell this number, so each connection is asked
 * for its own while it is new; what the client knows of its server, an object that each connection
 * has for itself, stands for the connection here. Any loop.
 */
final class MysqlKills implements Canceller {
  private static final Logger LOG = LoggerFactory.getLogger(MysqlKills.class);

  private final Vertx vertx;
  private final MySQLConnectOptions options;
  private final long patienceMillis;
  private final Map<Object, Long> numbers = Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * @param options of the connections that ask
   * @param patienceMillis for one of them to be made
   */
  MysqlKills(Vertx vertx, MySQLConnectOptions options, long patienceMillis) {
    this.vertx = vertx;
    this.options = options;
    this.patienceMillis = patienceMillis;
  }

  /** Asks a new connection for its number. */
  Future<Void> learn(SqlConnection connection) {
    return connection
        .query("SELECT CONNECTION_ID()")
        .execute()
        .map(rows -> {
          numbers.put(connection.databaseMetadata(), rows.iterator().next().getLong(0));
          return null;
        });
  }

  @Override
  public Future<Void> cancel(SqlConnection busy) {
    Long number = numbers.get(busy.databaseMetadata());
    if (number == null) {
      return Future.succeededFuture(); // the statement timeout ends it
    }
    return MySQLConnection.connect(vertx, options)
        .timeout(patienceMillis, TimeUnit.MILLISECONDS)
        .compose(beside -> beside.query("KILL QUERY " + number).execute().eventually(beside::close))
        .onFailure(cause -> LOG.debug("ending a statement", cause))
        .otherwiseEmpty()
        // A late one must not hit the next statement: it hits a harmless one.
        .compose(asked -> busy.query("DO 0").execute())
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }
}
