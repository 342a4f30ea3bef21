package dev.sluice.gateway.observe;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A bounded ring of bytes from one loop to the writer thread. A line goes in whole or not at all,
 * so what lies between the two ends is always whole lines. One producer, one consumer, no lock.
 */
final class LineRing {
  private final byte[] ring;
  private final AtomicLong head = new AtomicLong(); // the consumer's
  private final AtomicLong tail = new AtomicLong(); // the producer's
  private final AtomicLong dropped = new AtomicLong();

  /** Of {@code capacity} bytes, a power of two. */
  LineRing(int capacity) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity must be a power of two: " + capacity);
    }
    this.ring = new byte[capacity];
  }

  /** False, and counted, when there is no room. Producer's thread. */
  boolean offer(byte[] line, int length) {
    long to = tail.getPlain();
    if (to + length - head.getAcquire() > ring.length) {
      dropped.lazySet(dropped.getPlain() + 1);
      return false;
    }
    int at = (int) (to & (ring.length - 1));
    int first = Math.min(length, ring.length - at);
    System.arraycopy(line, 0, ring, at, first);
    System.arraycopy(line, first, ring, 0, length - first);
    tail.set(to + length); // volatile: the writer's sleep flag is read after it
    return true;
  }

  boolean isEmpty() {
    return tail.get() == head.get();
  }

  /** Where the lines of now end. Consumer's thread. */
  long end() {
    return tail.get();
  }

  /** Writes all up to {@code to}; it is gone even when that fails. Consumer's thread. */
  void drainTo(OutputStream out, long to) throws IOException {
    long from = head.getPlain();
    int length = (int) (to - from);
    int at = (int) (from & (ring.length - 1));
    int first = Math.min(length, ring.length - at);
    try {
      if (first > 0) {
        out.write(ring, at, first);
      }
      if (length > first) {
        out.write(ring, 0, length - first);
      }
    } finally {
      head.setRelease(to);
    }
  }

  /** Lines up to {@code to}; for counting what a failed write loses. Consumer's thread. */
  int lines(long to) {
    int lines = 0;
    for (long i = head.getPlain(); i < to; i++) {
      lines += ring[(int) (i & (ring.length - 1))] == '\n' ? 1 : 0;
    }
    return lines;
  }

  long dropped() {
    return dropped.get();
  }
}
