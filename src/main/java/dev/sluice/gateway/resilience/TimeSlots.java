package dev.sluice.gateway.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongConsumer;

/**
 * A number for each of the last ten slots of time. A slot whose time is over is replaced, not
 * emptied, so that nothing that is added meanwhile is lost. Lock-free; any thread.
 */
final class TimeSlots {
  static final int COUNT = 10;

  private final long slotNanos;
  private final Ticker ticker;
  private final AtomicReferenceArray<Slot> slots = new AtomicReferenceArray<>(COUNT);

  /** What belongs to one slot of time. */
  static final class Slot {
    final long number;
    final AtomicLong value = new AtomicLong();

    private Slot(long number) {
      this.number = number;
    }
  }

  TimeSlots(long slotNanos, Ticker ticker) {
    this.slotNanos = slotNanos;
    this.ticker = ticker;
    long now = number();
    for (int i = 0; i < COUNT; i++) {
      slots.set(Math.floorMod(now + i, COUNT), new Slot(now + i - COUNT));
    }
  }

  /** The number of the slot of now. */
  long number() {
    return Math.floorDiv(ticker.nanos(), slotNanos);
  }

  /** The slot of now; it may be over by the time it is used. */
  Slot now() {
    long number = number();
    int index = Math.floorMod(number, COUNT);
    Slot slot = slots.get(index);
    while (slot.number < number) {
      Slot fresh = new Slot(number);
      if (slots.compareAndSet(index, slot, fresh)) {
        return fresh;
      }
      slot = slots.get(index);
    }
    return slot;
  }

  /** Goes through the slots whose time is not over, each one once, all at one look at the clock. */
  void each(LongConsumer values) {
    long oldest = number() - COUNT;
    for (int i = 0; i < COUNT; i++) {
      Slot slot = slots.get(i);
      if (slot.number > oldest) {
        values.accept(slot.value.get());
      }
    }
  }

  /** What is in the slots whose time is not over. */
  long sum() {
    long[] sum = new long[1];
    each(value -> sum[0] += value);
    return sum[0];
  }
}
