package dev.sluice.gateway.exchange;

import dev.sluice.gateway.resilience.Timers;
import dev.sluice.gateway.resilience.Timers.Timer;
import org.jspecify.annotations.Nullable;

/**
 * What one exchange waits for. There is one such wait at a time, and beside it the bound of the
 * whole. Moving a wait later, as every chunk does, costs a clock reading and a field write.
 * Confined to the exchange's loop.
 */
final class Waits {
  private final Timers timers;
  private final Runnable stalled;
  private @Nullable Watch watch;
  private @Nullable Timer timer;
  private @Nullable Timer total;
  private Watch.Wait waiting = Watch.Wait.HEAD;
  private long idleNanos;
  private long totalEnd;
  private boolean over;

  /**
   * @param stalled told when the request's body does not come and nobody watches
   */
  Waits(Timers timers, Runnable stalled) {
    this.timers = timers;
    this.stalled = stalled;
  }

  void watch(Watch next) {
    watch = next;
  }

  /** Waits until {@code nanos} from now, whatever happens. */
  void once(Watch.Wait wait, long nanos) {
    waiting = wait;
    idleNanos = 0;
    timer().at(timers.ticker().nanos() + nanos);
  }

  /** Waits until nothing has happened for {@code nanos}. */
  void idle(Watch.Wait wait, long nanos) {
    waiting = wait;
    idleNanos = nanos;
    timer().at(timers.ticker().nanos() + nanos);
  }

  /** Bounds the whole from now on; the soonest end counts. */
  void total(long nanos) {
    long end = timers.ticker().nanos() + nanos;
    Timer bound = total;
    if (bound == null) {
      bound = timers.timer(() -> expired(Watch.Wait.TOTAL));
      total = bound;
    } else if (end - totalEnd > 0) {
      return;
    }
    totalEnd = end;
    bound.at(end);
  }

  /** Something happened. */
  void touch() {
    Timer armed = timer;
    if (idleNanos > 0 && armed != null && !over) {
      armed.at(timers.ticker().nanos() + idleNanos);
    }
  }

  /** There is nothing to wait for now, but for the bound of the whole. */
  void relax() {
    idleNanos = 0;
    if (timer != null) {
      timer.cancel();
    }
  }

  /** There is nothing more to wait for. */
  void over() {
    over = true;
    if (timer != null) {
      timer.cancel();
    }
    if (total != null) {
      total.cancel();
    }
  }

  private Timer timer() {
    Timer known = timer;
    if (known == null) {
      known = timers.timer(() -> expired(waiting));
      timer = known;
    }
    return known;
  }

  private void expired(Watch.Wait wait) {
    if (over) {
      return;
    }
    Watch told = watch;
    if (told != null) {
      told.expired(wait);
    } else if (wait == Watch.Wait.BODY) {
      stalled.run();
    }
  }
}
