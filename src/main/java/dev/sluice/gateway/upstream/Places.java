package dev.sluice.gateway.upstream;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A bound of connections that all loops share exactly, and the loops that wait for a place within
 * it. Lock-free; any thread.
 */
final class Places {
  private final int max;
  private final AtomicInteger taken = new AtomicInteger();
  private final ConcurrentLinkedQueue<Line> hungry = new ConcurrentLinkedQueue<>();

  /**
   * @param max 0 for no bound
   */
  Places(int max) {
    this.max = max;
  }

  boolean tryTake() {
    if (max == 0) {
      taken.incrementAndGet();
      return true;
    }
    int now = taken.get();
    while (now < max) {
      if (taken.compareAndSet(now, now + 1)) {
        return true;
      }
      now = taken.get();
    }
    return false;
  }

  /** Gives a place back; the pool that has waited longest for one looks again. */
  void giveBack() {
    taken.decrementAndGet();
    wake();
  }

  int taken() {
    return taken.get();
  }

  /** This pool waits for a place; it is asked to look again when one is free. */
  void await(Line line) {
    if (line.standing.compareAndSet(false, true)) {
      hungry.add(line);
    }
  }

  /** No longer waits. Called on the pool's loop, like {@link #await}. */
  void leave(Line line) {
    if (line.standing.compareAndSet(true, false)) {
      hungry.remove(line);
    }
  }

  /**
   * If a place is free, the pool that has waited longest looks again; it calls this once more when
   * it has looked, so that what it does not take goes to the next in line.
   */
  void wake() {
    if (max > 0 && taken.get() >= max) {
      return;
    }
    Line next = hungry.poll();
    if (next != null) {
      next.standing.set(false);
      next.pool.lookAgain();
    }
  }

  /** Whether another pool waits; for giving up what is idle. */
  boolean wanted() {
    return !hungry.isEmpty();
  }

  /** The pool that has waited longest; null when none waits. */
  @Nullable EndpointPool first() {
    Line first = hungry.peek();
    return first == null ? null : first.pool;
  }

  /** A pool's standing in line for one bound: in it once at most. */
  static final class Line {
    private final EndpointPool pool;
    private final AtomicBoolean standing = new AtomicBoolean();

    Line(EndpointPool pool) {
      this.pool = pool;
    }

    boolean standing() {
      return standing.get();
    }
  }
}
