package dev.sluice.gateway.database;

import dev.sluice.gateway.database.Database.Result;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transaction under way. Ends with {@link #commit} or {@link #rollback}, which gives its
 * connection back; one of them has to be called. Confined to a loop.
 */
public final class Session {
  private final Lease lease;
  private boolean over;

  private Session(Lease lease) {
    this.lease = lease;
  }

  static Future<Session> begin(Lease lease, List<String> statements) {
    Future<?> begun = Future.succeededFuture();
    for (String statement : statements) {
      begun = begun.compose(nothing -> lease.connection().query(statement).execute());
    }
    return begun.transform((nothing, cause) -> {
      if (cause != null) {
        lease.release();
        return Future.failedFuture(lease.fault(cause));
      }
      return Future.succeededFuture(new Session(lease));
    });
  }

  /** Runs one statement of it. */
  public Future<Result> query(SqlText text, List<@Nullable Object> values) {
    return lease
        .run(lease.connection().preparedQuery(text.sql()), text, values)
        .map(rows -> Result.of(text, rows));
  }

  /** Runs a command without parameters and rows, such as a savepoint. */
  public Future<Void> command(String sql) {
    return lease.run(() -> lease.connection().query(sql).execute()).mapEmpty();
  }

  /** Keeps everything. */
  public Future<Void> commit() {
    if (over) {
      return Future.succeededFuture();
    }
    over = true;
    return lease
        .connection()
        .query("COMMIT")
        .execute()
        .<Void>mapEmpty()
        .recover(cause -> Future.failedFuture(lease.fault(cause)))
        .onComplete(done -> lease.release());
  }

  /** Undoes everything; never fails, since a lost connection undoes it too. */
  public Future<Void> rollback() {
    if (over) {
      return Future.succeededFuture();
    }
    over = true;
    return lease
        .connection()
        .query("ROLLBACK")
        .execute()
        .<Void>mapEmpty()
        .otherwiseEmpty()
        .onComplete(done -> lease.release());
  }
}
