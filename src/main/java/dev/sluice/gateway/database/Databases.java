package dev.sluice.gateway.database;

import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.DatabaseConfig.Embedded;
import dev.sluice.gateway.config.DatabaseConfig.Server;
import dev.sluice.gateway.config.DatabaseConfig.Source;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.jackson.DatabindCodec;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens databases and closes them. One that cannot be opened is tried again for as long as it is
 * wanted; until then it answers nothing, and nobody else waits for it. Embedded servers live as
 * long as this, whatever is reloaded meanwhile. Any thread.
 */
public final class Databases {
  private static final Logger LOG = LoggerFactory.getLogger(Databases.class);
  private static final int OPENERS = 4;
  private static final long LONGEST_START_MINUTES = 5;
  private static final long FIRST_RETRY_MILLIS = 500;
  private static final long LAST_RETRY_MILLIS = 15_000;
  private static final long SWEEP_MILLIS = 50;
  private static final long REFILL_MILLIS = 15_000;
  private static final long LOOK_MILLIS = 5_000;

  private final Vertx vertx;
  private final WorkerExecutor openers;
  private final Map<String, EmbeddedDatabase> embedded = new ConcurrentHashMap<>();
  private final Map<String, Server> started = new ConcurrentHashMap<>();
  private final Map<Database, Boolean> wanted = new ConcurrentHashMap<>();

  /** Nothing is opened yet. */
  public Databases(Vertx vertx) {
    this.vertx = vertx;
    this.openers =
        vertx.createSharedWorkerExecutor(
            "sluice-databases", OPENERS, LONGEST_START_MINUTES, TimeUnit.MINUTES);
    // Json columns come out of the clients through this mapper; numbers keep all their digits.
    DatabindCodec.mapper()
        .enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  }

  /** A database, which serves as soon as it can. */
  public Database open(DatabaseConfig config) {
    Database database = new Database(config);
    wanted.put(database, true);
    open(database, FIRST_RETRY_MILLIS);
    return database;
  }

  /**
   * Hears what is told on a channel of a PostgreSQL database that serves.
   *
   * @param wake called after each notification and each new connection; on any thread
   */
  public Listening listen(Database database, String channel, Runnable wake) {
    if (database.state() instanceof Database.State.Open open
        && open.where() instanceof PgConnectOptions where) {
      return new Listening(vertx, where, channel, wake);
    }
    throw new IllegalStateException(database.name() + " serves no notifications");
  }

  /** Lets go of it; statements under way lose their connections. */
  public void close(Database database) {
    wanted.remove(database);
    if (database.state() instanceof Database.State.Open open) {
      database.state(new Database.State.Starting("closed"));
      close(open.pool());
    }
  }

  /** Closes all of them and stops the embedded servers. Completes when all are down. */
  public Future<Void> close() {
    wanted.keySet().forEach(this::close);
    return this.<Void>blocking(
            () -> {
              for (EmbeddedDatabase server : embedded.values()) {
                synchronized (server) {
                  server.stop();
                }
              }
              return null;
            })
        .eventually(openers::close);
  }

  private static void close(Pool pool) {
    Watched.quietly(pool.close());
  }

  private <T extends @Nullable Object> Future<T> blocking(Callable<T> work) {
    return openers.executeBlocking(work, false);
  }

  private void open(Database database, long retryMillis) {
    DatabaseConfig config = database.config();
    blocking(
            () -> {
              Server server = server(config.name(), config.source());
              if (config.migrations() != null) {
                Migrations.run(config.name(), server, config.migrations());
              }
              for (DatabaseConfig.Kept kept : config.keeps()) {
                Migrations.own(config.name(), server, kept);
              }
              return server;
            })
        .compose(server -> {
          Database.State.Open open = Pools.open(vertx, config, server);
          return Pools.warm(open.pool(), config.pool().min())
              .map(open)
              .onFailure(cause -> close(open.pool()));
        })
        .onComplete((open, cause) -> {
          if (cause == null) {
            opened(database, open);
          } else {
            failed(database, cause, retryMillis);
          }
        });
  }

  private void opened(Database database, Database.State.Open open) {
    Pool pool = open.pool();
    if (!wanted.containsKey(database)) {
      close(pool);
      return;
    }
    database.state(open);
    LOG.info("event=database_open database={}", database.name());
    vertx.setPeriodic(
        SWEEP_MILLIS,
        timer -> {
          database.places().sweep();
          if (!wanted.containsKey(database)) {
            vertx.cancelTimer(timer);
          }
        });
    whileWanted(database, LOOK_MILLIS, database::look);
    int min = database.config().pool().min();
    if (min > 0) {
      whileWanted(
          database,
          REFILL_MILLIS,
          () -> {
            if (pool.size() < min) {
              Pools.warm(pool, min - pool.size())
                  .onFailure(cause -> LOG.debug("refilling a pool", cause));
            }
          });
    }
  }

  private void whileWanted(Database database, long millis, Runnable step) {
    vertx.setPeriodic(
        millis,
        timer -> {
          if (wanted.containsKey(database)) {
            step.run();
          } else {
            vertx.cancelTimer(timer);
          }
        });
  }

  private void failed(Database database, Throwable cause, long retryMillis) {
    if (!wanted.containsKey(database)) {
      return;
    }
    String why = firstLine(cause);
    database.state(new Database.State.Starting(why));
    LOG.warn(
        "event=database_unavailable database={} again_in={}ms cause=\"{}\"",
        database.name(),
        retryMillis,
        why);
    LOG.debug("opening a database", cause);
    vertx.setTimer(
        retryMillis, timer -> open(database, Math.min(LAST_RETRY_MILLIS, retryMillis * 2)));
  }

  private static String firstLine(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return message.strip().lines().findFirst().orElse(cause.toString());
  }

  /** Where the database really is; starts an embedded one. On a worker. */
  private Server server(String name, Source source) throws IOException {
    return switch (source) {
      case Server server -> server;
      case Embedded own -> start(name, own);
    };
  }

  private Server start(String name, Embedded own) throws IOException {
    String key = own.kind() + " " + (own.data() == null ? name : own.data());
    EmbeddedDatabase server =
        embedded.computeIfAbsent(
            key,
            unused ->
                switch (own.kind()) {
                  case POSTGRES -> new EmbeddedPostgresql(own.data());
                  case MYSQL -> new EmbeddedMariadb(own.data());
                });
    synchronized (server) {
      Server running = started.get(key);
      if (running == null) {
        try {
          running = server.start();
        } catch (IOException | RuntimeException failed) {
          server.stop(); // or the next try finds its files taken
          throw failed;
        }
        started.put(key, running);
      }
      return running;
    }
  }
}
