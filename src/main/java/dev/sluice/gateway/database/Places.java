package dev.sluice.gateway.database;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a pool as places to be taken: so many at once, so many that wait, first come
 * first served, each wait bounded. Any thread; each waiter is told on its own loop.
 *
 * <p>The clients' own pools have such a queue too, but nobody can leave it: a statement whose
 * client is gone keeps its turn there, and a wait that ends as its turn comes may end twice.
 */
final class Places {
  private final String database;
  private final int most;
  private final int mostWaiting;
  private final long patienceNanos;
  private final Ticker ticker;
  private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
  private int taken;

  /** Someone who waits; its promise is completed on its own loop only. */
  private static final class Waiter {
    final @Nullable Context context = Vertx.currentContext();
    final Promise<Void> promise = Promise.promise();
    final long sinceNanos;

    Waiter(long sinceNanos) {
      this.sinceNanos = sinceNanos;
    }

    void tell(Runnable end) {
      Context own = context;
      if (own == null) {
        end.run();
      } else {
        own.runOnContext(nothing -> end.run());
      }
    }
  }

  /**
   * @param most taken at once
   * @param mostWaiting for one; more are refused at once
   * @param patienceNanos of each who waits
   */
  Places(String database, int most, int mostWaiting, long patienceNanos, Ticker ticker) {
    this.database = database;
    this.most = most;
    this.mostWaiting = mostWaiting;
    this.patienceNanos = patienceNanos;
    this.ticker = ticker;
  }

  /** Takes one, now or later; fails with {@code QUEUE_FULL}, or when it is cancelled. */
  Future<Void> take(Cancellation cancellation) {
    Waiter waiter;
    synchronized (this) {
      if (taken < most) {
        taken++;
        return Future.succeededFuture();
      }
      if (waiting.size() >= mostWaiting) {
        return Future.failedFuture(
            refused("all connections to database " + database + " are taken and too many wait"));
      }
      waiter = new Waiter(ticker.nanos());
      waiting.add(waiter);
    }
    cancellation.running(() -> {
      if (leave(waiter)) {
        waiter.promise.tryFail(SqlFaults.of(Lease.CANCELLED, database));
      }
    });
    return waiter.promise.future().onComplete(done -> cancellation.running(null));
  }

  private synchronized boolean leave(Waiter waiter) {
    return waiting.remove(waiter);
  }

  /** Gives one back; who waits longest gets it. */
  void give() {
    Waiter next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        taken--;
      }
    }
    if (next != null) {
      Waiter lucky = next;
      lucky.tell(() -> {
        if (!lucky.promise.tryComplete()) {
          give(); // it did not wait any more
        }
      });
    }
  }

  /** Ends the waits that are over; called now and then. */
  void sweep() {
    List<Waiter> late = new ArrayList<>();
    synchronized (this) {
      long now = ticker.nanos();
      for (Waiter first = waiting.peek();
          first != null && now - first.sinceNanos >= patienceNanos;
          first = waiting.peek()) {
        late.add(first);
        waiting.remove();
      }
    }
    for (Waiter waiter : late) {
      waiter.tell(() ->
          waiter.promise.tryFail(
              refused("no connection to database " + database + " became free in time")));
    }
  }

  private static SqlFault refused(String why) {
    return new SqlFault(Failure.QUEUE_FULL, SqlFault.Again.NEVER, why);
  }

  /** How many are taken now. */
  synchronized int taken() {
    return taken;
  }

  /** How many wait now. */
  synchronized int waiting() {
    return waiting.size();
  }
}
