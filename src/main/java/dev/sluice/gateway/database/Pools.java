package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.config.DatabaseConfig.Server;
import dev.sluice.gateway.database.Database.State;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.mysqlclient.MySQLBuilder;
import io.vertx.mysqlclient.MySQLConnectOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a database's pool, every wait and queue of it bounded. */
final class Pools {
  private static final Logger LOG = LoggerFactory.getLogger(Pools.class);

  /** Longer statements are prepared each time, so that the cache has a bound in bytes too. */
  private static final int LONGEST_CACHED = 16 << 10;

  private Pools() {}

  static State.Open open(Vertx vertx, DatabaseConfig config, Server server) {
    PoolOptions options =
        new PoolOptions()
            .setName("sluice-" + config.name())
            .setMaxSize(config.pool().max())
            // Who waits, waits for a place before it comes here; only a connection's making is
            // left.
            .setMaxWaitQueueSize(config.pool().max())
            .setConnectionTimeout(Math.toIntExact(2 * config.pool().connect().toMillis()))
            .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
            .setIdleTimeout(Math.toIntExact(config.pool().idle().toSeconds()))
            .setIdleTimeoutUnit(TimeUnit.SECONDS);
    if (config.statementCacheLifetime() != null) {
      options
          .setMaxLifetime(Math.toIntExact(config.statementCacheLifetime().toSeconds()))
          .setMaxLifetimeUnit(TimeUnit.SECONDS);
    }
    NetClientOptions transport =
        new NetClientOptions()
            .setConnectTimeout(Math.toIntExact(config.pool().connect().toMillis()));
    List<String> init = init(config);
    return switch (server.kind()) {
      case POSTGRES -> {
        SqlConnectOptions where = postgres(config, server);
        yield new State.Open(
            PgBuilder.pool()
                .with(options)
                .with(transport)
                .connectingTo(where)
                .withConnectHandler(connection ->
                    prepare(connection, Future.succeededFuture(), init, config.name()))
                .using(vertx)
                .build(),
            Canceller.POSTGRES,
            where);
      }
      case MYSQL -> {
        MySQLConnectOptions where = mysql(config, server);
        MysqlKills kills = new MysqlKills(vertx, where, config.pool().connect().toMillis());
        yield new State.Open(
            MySQLBuilder.pool()
                .with(options)
                .with(transport)
                .connectingTo(where)
                .withConnectHandler(
                    connection -> prepare(connection, kills.learn(connection), init, config.name()))
                .using(vertx)
                .build(),
            kills,
            where);
      }
    };
  }

  private static SqlConnectOptions postgres(DatabaseConfig config, Server server) {
    PgConnectOptions options = new PgConnectOptions();
    String tls = server.tls();
    if (tls != null) {
      options.setSslMode(io.vertx.pgclient.SslMode.of(tls));
    }
    options.addProperty("statement_timeout", Long.toString(config.statementTimeout().toMillis()));
    options.addProperty("application_name", "sluice");
    return common(options, config, server);
  }

  private static MySQLConnectOptions mysql(DatabaseConfig config, Server server) {
    MySQLConnectOptions options = new MySQLConnectOptions();
    String tls = server.tls();
    if (tls != null) {
      options.setSslMode(
          io.vertx.mysqlclient.SslMode.valueOf(
              switch (tls) {
                case "disable" -> "DISABLED";
                case "prefer" -> "PREFERRED";
                case "require" -> "REQUIRED";
                case "verify-ca" -> "VERIFY_CA";
                default -> "VERIFY_IDENTITY";
              }));
    }
    // Rows that a statement found count as changed, as they do in PostgreSQL.
    options.setUseAffectedRows(false);
    common(options, config, server);
    return options;
  }

  private static SqlConnectOptions common(
      SqlConnectOptions options, DatabaseConfig config, Server server) {
    return options
        .setHost(server.host())
        .setPort(server.port())
        .setUser(server.user())
        .setPassword(server.password().value())
        .setDatabase(server.database())
        .setCachePreparedStatements(config.statementCache() > 0)
        .setPreparedStatementCacheMaxSize(Math.max(1, config.statementCache()))
        .setPreparedStatementCacheSqlFilter(sql -> sql.length() <= LONGEST_CACHED);
  }

  /** What is run on each new connection. */
  private static List<String> init(DatabaseConfig config) {
    List<String> statements = new ArrayList<>();
    if (config.source().kind() == Kind.MYSQL) {
      long millis = config.statementTimeout().toMillis();
      // MariaDB reads the first comment, MySQL the second; each leaves the other's out.
      statements.add(
          String.format(
              Locale.ROOT,
              "SET SESSION time_zone = '+00:00' /*M! , max_statement_time = %.3f */"
                  + " /*!50708 , max_execution_time = %d */",
              millis / 1000.0,
              millis));
    }
    statements.addAll(config.init());
    return statements;
  }

  private static void prepare(
      SqlConnection connection, Future<Void> first, List<String> init, String database) {
    Future<?> ready = first;
    for (String statement : init) {
      ready = ready.compose(nothing -> connection.query(statement).execute());
    }
    ready
        .onFailure(cause ->
            LOG.warn("event=database_init failed database={} cause=\"{}\"", database, cause))
        .eventually(connection::close)
        .onFailure(cause -> LOG.debug("ignored failure={}", cause.toString()));
  }

  /** Opens this many connections at once and gives them back. */
  static Future<Void> warm(Pool pool, int connections) {
    List<Future<SqlConnection>> opening = new ArrayList<>();
    for (int i = 0; i < Math.max(1, connections); i++) {
      opening.add(pool.getConnection());
    }
    return Future.join(opening)
        .<Void>mapEmpty()
        .eventually(() -> {
          List<Future<?>> closing = new ArrayList<>();
          for (Future<SqlConnection> each : opening) {
            @Nullable SqlConnection connection = each.result();
            if (connection != null) {
              closing.add(connection.close());
            }
          }
          return closing.isEmpty() ? Future.succeededFuture() : Future.join(closing);
        });
  }
}
