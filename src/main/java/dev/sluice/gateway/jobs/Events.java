package dev.sluice.gateway.jobs;

import dev.sluice.gateway.exchange.BodyWriter;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Timers;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One exchange that follows a job: server-sent events named {@code state}, each with the state as
 * data, whenever it changed; the last one when the job is over. Confined to the exchange's loop.
 */
final class Events implements Work.Task {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Looks without a change after which a comment is sent, so that nobody takes it for dead. */
  private static final int QUIET_LOOKS = 20;

  private static final Buffer ALIVE = Buffer.buffer(":\n\n");

  private final Exchange exchange;
  private final AsyncJobs async;
  private final String id;
  private final Work work;
  private final BodyWriter out;
  private final Timers.Timer timer;
  private @Nullable JobState last;
  private int quiet;
  private boolean over;

  Events(Exchange exchange, Work.Bounds bounds, AsyncJobs async, String id) {
    this.exchange = exchange;
    this.async = async;
    this.id = id;
    this.work = new Work(exchange, bounds, this);
    this.out = new BodyWriter(exchange, work, () -> {});
    this.timer = exchange.loop().timers().timer(this::look);
  }

  void begin() {
    exchange.phase(Phase.WAITING);
    if (!async.follow()) {
      over = true;
      work.finish(Reply.of(Failure.OVERLOADED, "too many follow jobs on this node"));
      return;
    }
    work.beginStream();
    look();
  }

  private void look() {
    if (!over) {
      async.find(id).onComplete((found, cause) -> seen(found, cause));
    }
  }

  private void seen(Optional<JobState> found, @Nullable Throwable cause) {
    if (over) {
      return;
    }
    if (last == null && (cause != null || found.isEmpty())) {
      over = true;
      async.unfollow();
      work.finish(cause == null ? ViewAction.gone() : ViewAction.failure(cause));
      return;
    }
    if (cause == null && found.isEmpty()) {
      end();
      return;
    }
    if (cause == null) {
      tell(found.get());
    }
    if (!over) {
      timer.at(exchange.loop().ticker().nanos() + LOOK_NANOS);
    }
  }

  private void tell(JobState state) {
    if (last == null) {
      MultiMap headers = HttpHeaders.headers();
      headers.set(HttpHeaders.CONTENT_TYPE, "text/event-stream");
      headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
      out.begin(200, headers);
    }
    // A client that takes nothing for now gets the latest once it does.
    if (!state.equals(last) && !out.full()) {
      last = state;
      quiet = 0;
      out.write(
          Buffer.buffer("event: state\ndata: ").appendBuffer(state.json()).appendString("\n\n"));
    } else if (++quiet >= QUIET_LOOKS && !out.full()) {
      quiet = 0;
      out.write(ALIVE);
    }
    if (state.stage().over() && state.equals(last)) {
      end();
    }
  }

  private void end() {
    over = true;
    async.unfollow();
    timer.cancel();
    out.end();
  }

  @Override
  public void stop(Failure failure, String why) {
    if (!over) {
      async.unfollow();
    }
    over = true;
    timer.cancel();
    work.finish(Reply.of(failure, why));
  }
}
