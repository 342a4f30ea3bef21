package dev.sluice.gateway.database;

import dev.sluice.gateway.config.ActionConfig.Sql.Isolation;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.SystemTicker;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.DatabaseException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database as the gateway uses it: a pool of connections for all loops. Futures complete on the
 * caller's loop and fail with {@link SqlFault} only. Any loop.
 */
public final class Database {
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);
  private static final long LOOK_SECONDS = 5;

  private final DatabaseConfig config;
  private final SqlText one;
  private final Dialect dialect;
  private final Places places;
  private final Promise<Void> opened = Promise.promise();
  private volatile @Nullable String away;
  private volatile State state = new State.Starting("it is being opened");

  /** How it is. */
  public sealed interface State {
    /** It does not serve yet, and this is why. */
    record Starting(String why) implements State {}

    /**
     * It serves.
     *
     * @param where its connections go to
     */
    record Open(Pool pool, Canceller canceller, SqlConnectOptions where) implements State {}
  }

  /**
   * What came of a statement.
   *
   * @param rows in their order, each a map in the order of its columns
   * @param count rows that it changed, or gave
   */
  public record Result(List<Map<String, @Nullable Object>> rows, int count) {
    static Result of(SqlText text, RowSet<Row> rows) {
      return new Result(RowValues.rows(rows), text.traits().counts() ? rows.rowCount() : 0);
    }
  }

  /**
   * Rows as JSON objects.
   *
   * @param rows how many
   */
  public record Piece(Buffer json, int rows) {}

  Database(DatabaseConfig config) {
    this.config = config;
    this.one = SqlText.of("select 1", config.source().kind());
    this.dialect = Dialect.of(config.source().kind());
    DatabaseConfig.Pool pool = config.pool();
    this.places =
        new Places(
            config.name(),
            pool.max(),
            pool.waiting(),
            pool.connect().toNanos(),
            SystemTicker.INSTANCE);
  }

  /** Its settings. */
  public DatabaseConfig config() {
    return config;
  }

  /** Its name. */
  public String name() {
    return config.name();
  }

  /** Null when it serves; otherwise why it does not. */
  public @Nullable String trouble() {
    return state instanceof State.Starting starting ? starting.why() : away;
  }

  /** Asks whether it still answers; called now and then while it is open. */
  void look() {
    query(one, List.of(), new Cancellation())
        .timeout(LOOK_SECONDS, TimeUnit.SECONDS)
        .onComplete(answer -> back(), this::away);
  }

  private void back() {
    if (away != null) {
      away = null;
      LOG.info("event=database_back database={}", name());
    }
  }

  private void away(Throwable cause) {
    // A pool whose connections are all in use says nothing of the database.
    if (state instanceof State.Open
        && (cause instanceof TimeoutException
            || (cause instanceof SqlFault fault
                && fault.failure() == Failure.DATABASE_UNAVAILABLE))) {
      String why =
          cause instanceof TimeoutException
              ? "it does not answer"
              : String.valueOf(cause.getMessage());
      if (away == null) {
        LOG.warn("event=database_away database={} cause=\"{}\"", name(), why);
      }
      away = why;
    }
  }

  /**
   * How its pool is.
   *
   * @param inUse connections that somebody uses or opens
   * @param idle those that nobody uses
   * @param waiting statements and transactions that wait for one
   */
  public record Load(int inUse, int idle, int waiting) {}

  /** The state of its pool now. */
  public Load load() {
    int open = state instanceof State.Open serving ? serving.pool().size() : 0;
    int inUse = places.taken();
    return new Load(inUse, Math.max(0, open - inUse), places.waiting());
  }

  void state(State next) {
    state = next;
    if (next instanceof State.Open) {
      opened.tryComplete();
    }
  }

  State state() {
    return state;
  }

  /**
   * Runs one statement and gives all of its rows.
   *
   * @param values of its parameters, in their order
   */
  public Future<Result> query(
      SqlText text, List<@Nullable Object> values, Cancellation cancellation) {
    return lease(cancellation)
        .compose(lease ->
            lease
                .run(lease.connection().preparedQuery(text.sql()), text, values)
                .map(rows -> Result.of(text, rows))
                .onComplete(done -> lease.release()));
  }

  /** The same for a statement that gives one value of bytes; empty when it gives no row. */
  public Future<Optional<Buffer>> bytes(
      SqlText text, List<@Nullable Object> values, Cancellation cancellation) {
    return lease(cancellation)
        .compose(lease ->
            lease
                .run(lease.connection().preparedQuery(text.sql()), text, values)
                .map(rows ->
                    rows.size() == 0
                        ? Optional.<Buffer>empty()
                        : Optional.ofNullable(rows.iterator().next().getBuffer(0)))
                .onComplete(done -> lease.release()));
  }

  /** The same, all rows as JSON with this between them. */
  public Future<Piece> json(
      SqlText text, List<@Nullable Object> values, String separator, Cancellation cancellation) {
    return lease(cancellation)
        .compose(lease ->
            lease
                .run(lease.connection().preparedQuery(text.sql()), text, values)
                .map(rows -> new Piece(RowValues.json(rows, separator), rows.size()))
                .onComplete(done -> lease.release()));
  }

  /**
   * Opens a statement whose rows are read piece by piece.
   *
   * @param far whether more than one piece is expected. On PostgreSQL that needs a transaction, and
   *     without it only the first piece can be read.
   */
  public Future<RowCursor> open(
      SqlText text, List<@Nullable Object> values, boolean far, Cancellation cancellation) {
    boolean transaction = dialect.cursorNeedsTransaction();
    return lease(cancellation)
        .compose(lease -> RowCursor.open(lease, text, values, transaction && far))
        .map(cursor -> cursor.reaching(far || !transaction));
  }

  /**
   * Begins a transaction.
   *
   * @param isolation null for the database's own
   */
  public Future<Session> begin(@Nullable Isolation isolation, Cancellation cancellation) {
    return lease(cancellation).compose(lease -> Session.begin(lease, dialect.begin(isolation)));
  }

  /**
   * Asks the database whether it takes a statement; gives what it says against it, empty when
   * nothing; fails when it cannot be asked now. For configuration, not for clients: the words are
   * the database's own.
   */
  public Future<String> objection(SqlText text) {
    return lease(new Cancellation())
        .compose(lease ->
            lease
                .connection()
                .prepare(text.sql())
                .map("")
                .recover(cause ->
                    cause instanceof DatabaseException
                        ? Future.succeededFuture(SqlFaults.words(cause))
                        : Future.failedFuture(lease.fault(cause)))
                .onComplete(done -> lease.release()));
  }

  /** Completes when it serves for the first time; never when it does not. */
  public Future<Void> opened() {
    return opened.future();
  }

  private Future<Lease> lease(Cancellation cancellation) {
    return places.take(cancellation).compose(taken -> connected(cancellation));
  }

  private Future<Lease> connected(Cancellation cancellation) {
    return connection()
        .transform((connection, cause) -> {
          if (cause != null) {
            places.give();
            return Future.failedFuture(SqlFaults.of(cause, name()));
          }
          Lease lease = new Lease(connection, this, cancellation);
          if (cancellation.cancelled()) {
            lease.release();
            return Future.failedFuture(lease.fault(Lease.CANCELLED));
          }
          return Future.succeededFuture(lease);
        });
  }

  /** Ends the statement of one of its connections. */
  Future<Void> cancel(SqlConnection busy) {
    return state instanceof State.Open open
        ? open.canceller().cancel(busy)
        : Future.succeededFuture();
  }

  Dialect dialect() {
    return dialect;
  }

  Places places() {
    return places;
  }

  private Future<SqlConnection> connection() {
    return switch (state) {
      case State.Open open -> open.pool().getConnection();
      case State.Starting starting ->
          Future.failedFuture(
              new SqlFault(
                  Failure.DATABASE_UNAVAILABLE,
                  SqlFault.Again.NEVER,
                  "database " + name() + " does not serve yet"));
    };
  }
}
