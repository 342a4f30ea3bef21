package dev.sluice.gateway.exchange;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One loop's exchanges that have begun and not ended: a linked list through the exchanges. Confined
 * to its loop.
 */
public final class InFlight {
  private @Nullable Exchange first;
  private long serial;
  private volatile int size;

  /** How many there are; any thread may ask. */
  public int size() {
    return size;
  }

  /** All of them, oldest last. */
  public List<Exchange> list() {
    List<Exchange> all = new ArrayList<>(size);
    for (Exchange exchange = first; exchange != null; exchange = exchange.next) {
      all.add(exchange);
    }
    return all;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written by the owning loop only
  long add(Exchange exchange) {
    Exchange head = first;
    exchange.next = head;
    if (head != null) {
      head.previous = exchange;
    }
    first = exchange;
    size++;
    return ++serial;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written by the owning loop only
  void remove(Exchange exchange) {
    Exchange before = exchange.previous;
    Exchange after = exchange.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    exchange.previous = null;
    exchange.next = null;
    size--;
  }
}
