package dev.sluice.gateway.upstream;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait, in the order of their coming. Bounded by who lets them in. Confined to the loop.
 */
final class WaitLine {
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

  void add(Waiter waiter) {
    waiters.add(waiter);
  }

  void remove(Waiter waiter) {
    waiters.remove(waiter);
  }

  boolean isEmpty() {
    return waiters.isEmpty();
  }

  int size() {
    return waiters.size();
  }

  /** The first; null when nobody waits. */
  @Nullable Waiter peek() {
    return waiters.peek();
  }

  /** The first, who is known to be there. */
  Waiter element() {
    return waiters.element();
  }

  /** The one who waits with this request; null when there is none. */
  @Nullable Waiter find(LeaseRequest request) {
    for (Waiter waiter : waiters) {
      if (waiter.request == request) {
        return waiter;
      }
    }
    return null;
  }

  /** How many stand before this one; {@code Long.MAX_VALUE} when he is not in line. */
  long before(Waiter wanted) {
    long before = 0;
    for (Waiter waiter : waiters) {
      if (waiter == wanted) {
        return before;
      }
      before++;
    }
    return Long.MAX_VALUE;
  }
}
