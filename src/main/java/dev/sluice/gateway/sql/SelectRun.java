package dev.sluice.gateway.sql;

import dev.sluice.gateway.config.ActionConfig.Sql.Result;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.Database.Piece;
import dev.sluice.gateway.database.RowCursor;
import dev.sluice.gateway.database.SqlFault;
import dev.sluice.gateway.exchange.BodyWriter;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.TemplateInput;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.AsyncResult;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One exchange's statement. Rows are read piece by piece and written as the client takes them.
 * Confined to the exchange's loop.
 */
final class SelectRun implements Work.Task {
  /** Rows of one piece: enough to make round trips rare, few enough for memory. */
  private static final int PIECE = 256;

  private final Exchange exchange;
  private final SelectPlan plan;
  private final Database database;
  private final Work work;
  private final Cancellation cancellation = new Cancellation();
  private final BodyWriter out;
  private final boolean lines;
  private List<@Nullable Object> values = List.of();
  private @Nullable RowCursor cursor;
  private final Attempts attempts;
  private boolean headSent;
  private boolean over;

  SelectRun(Exchange exchange, SelectPlan plan, Database database, Work.Bounds bounds) {
    this.exchange = exchange;
    this.plan = plan;
    this.database = database;
    this.work = new Work(exchange, bounds, this);
    this.attempts = new Attempts(exchange.loop());
    this.out = new BodyWriter(exchange, work, this::read);
    String accept = exchange.requestHeaders().get(HttpHeaders.ACCEPT);
    this.lines = accept != null && accept.toLowerCase(Locale.ROOT).contains("ndjson");
  }

  void begin(TemplateInput input) {
    values = plan.query().values(input);
    exchange.phase(Phase.WAITING);
    if (plan.result() == Result.ROWS) {
      work.beginStream();
    } else {
      work.begin();
    }
    attempt();
  }

  private void attempt() {
    attempts.begin();
    if (plan.result() == Result.ROWS && plan.query().text().traits().streams()) {
      database
          .open(plan.query().text(), values, plan.far().get(), cancellation)
          .onComplete(this::opened);
    } else if (plan.result() == Result.ROWS) {
      database
          .json(plan.query().text(), values, separator(), cancellation)
          .onComplete(done -> {
            if (!over && !failed(done)) {
              last(done.result());
            }
          });
    } else {
      database.query(plan.query().text(), values, cancellation).onComplete(this::answered);
    }
  }

  private void resume() {
    if (!over) {
      attempt();
    }
  }

  private void answered(AsyncResult<Database.Result> done) {
    if (over || failed(done)) {
      return;
    }
    Database.Result result = done.result();
    if (plan.result() == Result.COUNT) {
      finish(reply(Map.of("count", result.count())));
    } else if (result.rows().isEmpty()) {
      finish(Reply.of(Failure.NOT_FOUND, "there is no such row"));
    } else {
      finish(reply(result.rows().getFirst()));
    }
  }

  private Reply reply(Map<String, ?> json) {
    MultiMap headers = HttpHeaders.headers();
    headers.set(HttpHeaders.CONTENT_TYPE, "application/json");
    return Reply.of(plan.status(), headers, Buffer.buffer(TemplateJson.write(json)));
  }

  // ---- rows ----

  private void opened(AsyncResult<RowCursor> done) {
    if (done.succeeded()) {
      cursor = done.result();
    }
    if (over) {
      release();
    } else if (!failed(done)) {
      read();
    }
  }

  private String separator() {
    return lines ? "\n" : ",";
  }

  private void read() {
    RowCursor rows = cursor;
    if (rows != null && !over) {
      rows.read(PIECE, separator()).onComplete(this::piece);
    }
  }

  private void piece(AsyncResult<Piece> done) {
    if (over) {
      release();
      return;
    }
    if (failed(done)) {
      return;
    }
    RowCursor rows = cursor;
    if (rows == null) {
      throw new IllegalStateException("no cursor");
    }
    boolean more = rows.hasMore() && !"HEAD".equals(exchange.method());
    if (!headSent) {
      plan.far().set(more);
    }
    if (more && !rows.reaches()) {
      // More than was expected, and nothing is lost yet: once more, so that it can be read on.
      release();
      attempt();
    } else if (more) {
      write(done.result());
      if (!out.full()) {
        read();
      }
    } else {
      release();
      last(done.result());
    }
  }

  private void write(Piece piece) {
    if (!headSent) {
      headSent = true;
      out.begin(plan.status(), headers());
      if (!lines) {
        out.write(Buffer.buffer("["));
      }
    } else if (piece.rows() > 0 && !lines) {
      out.write(Buffer.buffer(","));
    }
    if (piece.rows() > 0) {
      out.write(lines ? piece.json().appendByte((byte) '\n') : piece.json());
    }
  }

  private void last(Piece piece) {
    if (headSent) {
      write(piece);
      if (!lines) {
        out.write(Buffer.buffer("]"));
      }
      over = true;
      out.end();
      return;
    }
    Buffer text = piece.json();
    Buffer whole =
        lines
            ? piece.rows() == 0 ? text : text.appendByte((byte) '\n')
            : Buffer.buffer(text.length() + 2)
                .appendByte((byte) '[')
                .appendBuffer(text)
                .appendByte((byte) ']');
    finish(Reply.of(plan.status(), headers(), whole));
  }

  private MultiMap headers() {
    MultiMap headers = HttpHeaders.headers();
    return headers.set(
        HttpHeaders.CONTENT_TYPE, lines ? "application/x-ndjson" : "application/json");
  }

  private void release() {
    RowCursor rows = cursor;
    cursor = null;
    if (rows != null) {
      rows.close();
    }
  }

  // ---- ends ----

  /** Whether it failed; then it is tried again or answered. */
  private boolean failed(AsyncResult<?> done) {
    if (done.succeeded()) {
      return false;
    }
    release();
    if (!(done.cause() instanceof SqlFault fault)) {
      throw new IllegalStateException(done.cause());
    }
    if (fault.again() == SqlFault.Again.READ
        && plan.query().text().traits().reads()
        && attempts.left()
        && !headSent) {
      attempts.again(this::resume);
    } else {
      finish(Reply.of(plan.query().failed(fault)));
    }
    return true;
  }

  private void finish(Reply reply) {
    over = true;
    work.finish(reply);
  }

  @Override
  public void stop(Failure failure, String why) {
    over = true;
    cancellation.cancel();
    release();
    work.finish(Reply.of(failure, why));
  }
}
