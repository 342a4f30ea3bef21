package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A named database.
 *
 * @param source where it is
 * @param pool its connections
 * @param statementTimeout how long a statement may take; the database itself ends it
 * @param statementCache prepared statements kept on each connection; 0 for none
 * @param statementCacheLifetime how old these get, with their connection; null for no bound
 * @param init statements for each new connection
 * @param migrations the folder of migrations; null for none
 * @param keeps what the gateway itself keeps in it
 */
public record DatabaseConfig(
    String name,
    Source source,
    Pool pool,
    Duration statementTimeout,
    int statementCache,
    @Nullable Duration statementCacheLifetime,
    List<String> init,
    @Nullable Path migrations,
    Set<Kept> keeps) {
  public DatabaseConfig {
    init = List.copyOf(init);
    keeps = Set.copyOf(keeps);
  }

  /** What the gateway may keep in a database, in tables of its own. */
  public enum Kept {
    /** Asynchronous jobs. */
    JOBS,
    /** Versions of the routing part. */
    CONFIGURATION,
    /** Counts of quotas. */
    QUOTAS
  }

  /** Where it is, without who may enter. */
  public String place() {
    return switch (source) {
      case Server there ->
          there.kind() + "://" + there.host() + ":" + there.port() + "/" + there.database();
      case Embedded here -> "embedded:" + here.kind() + ":" + here.data();
    };
  }

  /** The same at another place. */
  public DatabaseConfig at(Source other) {
    return new DatabaseConfig(
        name,
        other,
        pool,
        statementTimeout,
        statementCache,
        statementCacheLifetime,
        init,
        migrations,
        keeps);
  }

  /** The same, with this kept in it too. */
  DatabaseConfig keeping(Kept what) {
    Set<Kept> all = EnumSet.of(what);
    all.addAll(keeps);
    return new DatabaseConfig(
        name,
        source,
        pool,
        statementTimeout,
        statementCache,
        statementCacheLifetime,
        init,
        migrations,
        all);
  }

  /**
   * The same server with a few connections of its own, for what the gateway itself keeps there; its
   * users' statements cannot take them.
   */
  public DatabaseConfig own(Kept what, int connections) {
    return new DatabaseConfig(
        name,
        source,
        new Pool(1, connections, pool.connect, pool.idle, pool.waiting),
        statementTimeout,
        statementCache,
        statementCacheLifetime,
        List.of(),
        null,
        Set.of(what));
  }

  /** The dialects that are spoken. */
  public enum Kind {
    POSTGRES,
    /** MySQL and MariaDB. */
    MYSQL
  }

  /** Where a database is. */
  public sealed interface Source {
    /** What it speaks. */
    Kind kind();
  }

  /**
   * A server that runs elsewhere.
   *
   * @param tls the URL's {@code sslmode}, as the drivers know it; null for their default
   */
  public record Server(
      Kind kind,
      String host,
      int port,
      String user,
      Secret password,
      String database,
      @Nullable String tls)
      implements Source {}

  /**
   * A server that this process starts.
   *
   * @param data where it keeps its data; null for a folder that goes with it
   */
  public record Embedded(Kind kind, @Nullable Path data) implements Source {}

  /**
   * Its connections.
   *
   * @param min opened ahead
   * @param max of this node
   * @param connect longest wait for a connection, a new one's making included
   * @param idle an unused one is closed after this
   * @param waiting statements that may wait for a connection
   */
  public record Pool(int min, int max, Duration connect, Duration idle, int waiting) {}
}
