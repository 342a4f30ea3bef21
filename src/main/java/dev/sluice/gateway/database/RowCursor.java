package dev.sluice.gateway.database;

import io.vertx.core.Future;
import io.vertx.sqlclient.Cursor;
import io.vertx.sqlclient.PreparedStatement;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a statement that reads only, piece by piece, so that memory does not grow with their
 * number. Ends with {@link #close}. Confined to a loop.
 */
public final class RowCursor {
  private final Lease lease;
  private final Cursor cursor;
  private final boolean transaction;
  private boolean reaches;
  private boolean pending;
  private boolean over;

  private RowCursor(Lease lease, Cursor cursor, boolean transaction) {
    this.lease = lease;
    this.cursor = cursor;
    this.transaction = transaction;
  }

  static Future<RowCursor> open(
      Lease lease, SqlText text, List<@Nullable Object> values, boolean transaction) {
    SqlConnection connection = lease.connection();
    Future<?> begun = transaction ? connection.query("BEGIN").execute() : Future.succeededFuture();
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
              return refuse(lease, transaction, unfit);
            }
          }
          return refuse(lease, transaction, cause);
        });
  }

  private static Future<RowCursor> refuse(Lease lease, boolean transaction, Throwable cause) {
    return end(lease, transaction)
        .transform(done -> {
          lease.release();
          return Future.failedFuture(lease.fault(cause));
        });
  }

  RowCursor reaching(boolean further) {
    reaches = further;
    return this;
  }

  /** Whether more than one piece can be read. */
  public boolean reaches() {
    return reaches;
  }

  /** The next rows with this between them, at most so many; fewer at the end. */
  public Future<Database.Piece> read(int rows, String separator) {
    return lease
        .run(() -> cursor.read(rows))
        .map(set -> {
          pending = cursor.hasMore() && reaches;
          return new Database.Piece(RowValues.json(set, separator), set.size());
        });
  }

  /** Whether there may be more. */
  public boolean hasMore() {
    return cursor.hasMore();
  }

  /** Ends it and gives the connection back; nothing was changed, so nothing can fail. */
  public void close() {
    if (!over) {
      over = true;
      // What was read to its end, or not at all, has no cursor in the database.
      Future<?> ended = transaction || !pending ? end(lease, transaction) : cursor.close();
      ended.onComplete(done -> lease.release());
    }
  }

  private static Future<?> end(Lease lease, boolean transaction) {
    return transaction ? lease.connection().query("ROLLBACK").execute() : Future.succeededFuture();
  }
}
