package dev.sluice.gateway.database;

import io.vertx.core.Future;
import io.vertx.sqlclient.Cursor;
import io.vertx.sqlclient.PreparedStatement;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are read piece by piece, so that memory does not grow with their number. Ends with
 * {@link #close}. Confined to a loop.
 */
public final class RowCursor {
  private final Lease lease;
  private final Cursor cursor;
  private final boolean transaction;
  private boolean over;

  private RowCursor(Lease lease, Cursor cursor, boolean transaction) {
    this.lease = lease;
    this.cursor = cursor;
    this.transaction = transaction;
  }

  static Future<RowCursor> open(
      Lease lease, SqlText text, List<@Nullable Object> values, boolean transaction) {
    SqlConnection connection = lease.connection();
    Future<?> begun =
        transaction ? connection.query("BEGIN").execute() : Future.succeededFuture();
    // Sent behind it without waiting: one round trip for both.
    Future<PreparedStatement> prepared = connection.prepare(text.sql());
    return Future.join(begun, prepared)
        .transform((nothing, cause) -> {
          if (cause == null) {
            try {
              return Future.succeededFuture(
                  new RowCursor(
                      lease, prepared.result().cursor(lease.tuple(text, values)), transaction));
            } catch (RuntimeException unfit) {
              return end(lease, transaction, "ROLLBACK")
                  .transform(done -> Future.failedFuture(lease.fault(unfit)));
            }
          }
          return end(lease, transaction, "ROLLBACK")
              .transform(done -> Future.failedFuture(lease.fault(cause)));
        });
  }

  /** The next rows, at most this many; fewer at the end. */
  public Future<List<Map<String, @Nullable Object>>> read(int rows) {
    return lease.run(() -> cursor.read(rows)).map(RowValues::rows);
  }

  /** Whether there may be more. */
  public boolean hasMore() {
    return cursor.hasMore();
  }

  /**
   * Ends it and gives the connection back.
   *
   * @param keep whether what the statement changed is kept
   */
  public Future<Void> close(boolean keep) {
    if (over) {
      return Future.succeededFuture();
    }
    over = true;
    if (!transaction) {
      return cursor.close().otherwiseEmpty().onComplete(done -> lease.release());
    }
    return end(lease, true, keep ? "COMMIT" : "ROLLBACK")
        .recover(cause -> Future.failedFuture(lease.fault(cause)));
  }

  private static Future<Void> end(Lease lease, boolean transaction, String sql) {
    Future<Void> ended =
        transaction
            ? lease.connection().query(sql).execute().mapEmpty()
            : Future.succeededFuture();
    return ended.onComplete(done -> lease.release());
  }
}
