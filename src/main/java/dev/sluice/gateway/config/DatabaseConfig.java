package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
 * @param keepsJobs whether asynchronous jobs are kept in it
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
    boolean keepsJobs) {
  public DatabaseConfig {
    init = List.copyOf(init);
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
        keepsJobs);
  }

  /** The same, with asynchronous jobs in it. */
  DatabaseConfig keepingJobs() {
    return new DatabaseConfig(
        name,
        source,
        pool,
        statementTimeout,
        statementCache,
        statementCacheLifetime,
        init,
        migrations,
        true);
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
