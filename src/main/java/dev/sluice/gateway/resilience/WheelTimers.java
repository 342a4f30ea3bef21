package dev.sluice.gateway.resilience;

import java.util.function.LongConsumer;

/**
 * A hashed wheel of timers.
 *
 * <p>A timer sits in the slot of the tick in which it comes due, or an earlier one: one that is
 * moved later stays where it is and goes on to its right slot when the wheel comes by. Deadline and
 * idle timers are moved with every chunk and nearly never fire, so moving later costs one field
 * write. Nothing is scheduled while nothing is armed.
 *
 * <p>Confined to the thread that calls {@link #advance()}.
 *
 * @see <a href="https://doi.org/10.1145/41457.37504">Varghese and Lauck, Hashed and Hierarchical
 *     Timing Wheels</a>
 */
public final class WheelTimers implements Timers {
  private static final int SLOTS = 1024;

  private final Ticker ticker;
  private final long tickNanos;
  private final LongConsumer wake;
  private final Node[] slots = new Node[SLOTS];
  private final Node visiting = new Node(this, () -> {});
  private long cursor;
  private int armed;
  private boolean awake;

  /**
   * @param tickNanos resolution; timers fire up to one tick late
   * @param wake asked to have {@link #advance()} called after this many nanoseconds; only while a
   *     timer is armed
   */
  public WheelTimers(Ticker ticker, long tickNanos, LongConsumer wake) {
    this.ticker = ticker;
    this.tickNanos = tickNanos;
    this.wake = wake;
    for (int i = 0; i < SLOTS; i++) {
      slots[i] = new Node(this, () -> {});
    }
    this.cursor = Math.floorDiv(ticker.nanos(), tickNanos);
  }

  @Override
  public Timer timer(Runnable action) {
    return new Node(this, action);
  }

  @Override
  public Ticker ticker() {
    return ticker;
  }

  /** How many timers are armed. */
  public int armed() {
    return armed;
  }

  /**
   * Fires what is due. Actions may arm and cancel timers; one that throws does not stop the others.
   */
  public void advance() {
    awake = false;
    long now = ticker.nanos();
    long target = Math.floorDiv(now, tickNanos);
    Throwable fault = null;
    for (long tick = Math.max(cursor, target - SLOTS + 1); tick <= target; tick++) {
      visiting.takeAll(slots[Math.floorMod(tick, SLOTS)]);
      cursor = tick + 1;
      for (Node node = visiting.next; node != visiting; node = visiting.next) {
        node.unlink();
        if (node.due - now > 0) {
          place(node);
          continue;
        }
        armed--;
        try {
          node.action.run();
        } catch (RuntimeException | Error e) {
          if (fault == null) {
            fault = e;
          } else {
            fault.addSuppressed(e);
          }
        }
      }
    }
    cursor = target + 1;
    schedule();
    switch (fault) {
      case null -> {}
      case RuntimeException bug -> throw bug;
      case Error grave -> throw grave;
      default -> throw new IllegalStateException(fault);
    }
  }

  /**
   * Puts a timer into the slot of its tick; one that is further away than a turn of the wheel goes
   * round again.
   */
  private void place(Node node) {
    long tick = Math.floorDiv(node.due, tickNanos) + 1;
    long slot = Math.min(Math.max(cursor, tick), cursor + SLOTS - 1);
    slots[Math.floorMod(slot, SLOTS)].add(node);
  }

  private void schedule() {
    if (!awake && armed > 0) {
      awake = true;
      wake.accept(tickNanos);
    }
  }

  /** A timer, and the head of a slot's ring of timers. */
  private static final class Node implements Timer {
    private final WheelTimers wheel;
    private final Runnable action;
    private Node next = this;
    private Node previous = this;
    private long due;

    Node(WheelTimers wheel, Runnable action) {
      this.wheel = wheel;
      this.action = action;
    }

    @Override
    public void at(long nanos) {
      boolean linked = next != this;
      if (linked && nanos - due >= 0) {
        due = nanos; // found in an earlier slot, and sent on from there
        return;
      }
      due = nanos;
      if (linked) {
        unlink();
      } else {
        wheel.armed++;
      }
      wheel.place(this);
      wheel.schedule();
    }

    @Override
    public void cancel() {
      if (next != this) {
        unlink();
        wheel.armed--;
      }
    }

    @Override
    public boolean armed() {
      return next != this;
    }

    void add(Node node) {
      node.previous = previous;
      node.next = this;
      previous.next = node;
      previous = node;
    }

    void unlink() {
      previous.next = next;
      next.previous = previous;
      next = this;
      previous = this;
    }

    void takeAll(Node from) {
      if (from.next != from) {
        next = from.next;
        previous = from.previous;
        next.previous = this;
        previous.next = this;
        from.next = from;
        from.previous = from;
      }
    }
  }
}
