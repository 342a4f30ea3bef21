package dev.sluice.gateway.database;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.Future;
import io.vertx.sqlclient.PreparedQuery;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection for a while, and the way to end its statement. Confined to a loop. */
final class Lease {
  static final Failed CANCELLED = new Failed(Failure.CANCELLED, "the statement was cancelled");
  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

  private final SqlConnection connection;
  private final Database database;
  private final Cancellation cancellation;
  private Future<?> current = Future.succeededFuture();
  private Future<Void> cancelling = Future.succeededFuture();
  private boolean released;

  Lease(SqlConnection connection, Database database, Cancellation cancellation) {
    this.connection = connection;
    this.database = database;
    this.cancellation = cancellation;
  }

  SqlConnection connection() {
    return connection;
  }

  SqlFault fault(Throwable cause) {
    return SqlFaults.of(cancellation.cancelled() ? CANCELLED : cause, database.name());
  }

  /** Runs a statement that can be cancelled. */
  Future<RowSet<Row>> run(
      PreparedQuery<RowSet<Row>> query, SqlText text, List<@Nullable Object> values) {
    return run(() -> query.execute(RowValues.tuple(text, values, database.dialect())));
  }

  /** Runs something that can be cancelled. */
  <T> Future<T> run(Supplier<Future<T>> step) {
    if (cancellation.cancelled()) {
      return Future.failedFuture(fault(CANCELLED));
    }
    cancellation.running(() -> cancelling = database.cancel(connection));
    Future<T> result = step.get();
    current = result;
    return result
        .onComplete(done -> {
          if (current == result) { // nothing was sent behind it
            cancellation.running(null);
          }
        })
        .recover(cause -> Future.failedFuture(fault(cause)));
  }

  io.vertx.sqlclient.Tuple tuple(SqlText text, List<@Nullable Object> values) {
    return RowValues.tuple(text, values, database.dialect());
  }

  /** Gives the connection back, once neither a statement nor a cancellation is on its way in it. */
  void release() {
    if (!released) {
      released = true;
      current
          .transform(done -> cancelling)
          .eventually(connection::close)
          .onComplete(done -> database.places().give())
          .onFailure(cause -> LOG.debug("ignored failure={}", cause.toString()));
    }
  }
}
