package dev.sluice.gateway.jobs;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Work;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Timers;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One exchange that ends a job and tells when it has really ended: 200 with its last state, or 202
 * when it does not heed its end for too long. Confined to the exchange's loop.
 */
final class Ending implements Work.Task {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Exchange exchange;
  private final AsyncJobs async;
  private final String id;
  private final Work work;
  private final Timers.Timer timer;
  private long patienceEnds;
  private boolean over;

  Ending(Exchange exchange, Work.Bounds bounds, AsyncJobs async, String id) {
    this.exchange = exchange;
    this.async = async;
    this.id = id;
    this.work = new Work(exchange, bounds, this);
    this.timer = exchange.loop().timers().timer(this::look);
  }

  void begin() {
    exchange.phase(Phase.WAITING);
    work.begin();
    patienceEnds = now() + PATIENCE_NANOS;
    async
        .cancel(id)
        .onComplete((nothing, cause) -> {
          if (cause != null) {
            finish(ViewAction.failure(cause));
          } else {
            look();
          }
        });
  }

  private long now() {
    return exchange.loop().ticker().nanos();
  }

  private void look() {
    if (!over) {
      async.find(id).onComplete((found, cause) -> seen(found, cause));
    }
  }

  private void seen(Optional<JobState> found, @Nullable Throwable cause) {
    if (cause != null) {
      finish(ViewAction.failure(cause));
    } else if (found.isEmpty()) {
      finish(ViewAction.gone());
    } else if (found.get().stage().over()) {
      finish(ViewAction.state(200, found.get()));
    } else if (now() > patienceEnds) {
      finish(ViewAction.state(202, found.get()));
    } else if (!over) {
      timer.at(now() + LOOK_NANOS);
    }
  }

  private void finish(Reply reply) {
    if (!over) {
      over = true;
      timer.cancel();
      work.finish(reply);
    }
  }

  @Override
  public void stop(Failure failure, String why) {
    over = true;
    timer.cancel();
    work.finish(Reply.of(failure, why));
  }
}
