package dev.sluice.gateway.http;

import java.util.Arrays;

/**
 * Which of a client's latest HTTP/2 streams began and which of them ended by their own (RFC 9113
 * §5.1): a codec forgets a stream when it is over, and then cannot tell one that was never used
 * from one that ended and from one that it reset itself. Remembers the last {@value #REMEMBERED}
 * odd numbers in 256 bytes. Not thread-safe.
 */
public final class StreamHistory {
  /** How many odd numbers are remembered. */
  public static final int REMEMBERED = 1024;

  private static final int MASK = REMEMBERED - 1;

  private final long[] begun = new long[REMEMBERED / Long.SIZE];
  private final long[] ended = new long[REMEMBERED / Long.SIZE];
  private int last = -1;

  /** The largest number that began; -1 when there was none. */
  public int last() {
    return last;
  }

  /** A stream begins; its number is odd and larger than any before. */
  public void begin(int stream) {
    int place = stream >>> 1;
    int before = last < 0 ? -1 : last >>> 1;
    if (place - before >= REMEMBERED) {
      Arrays.fill(begun, 0);
      Arrays.fill(ended, 0);
    } else {
      for (int skipped = before + 1; skipped <= place; skipped++) {
        clear(begun, skipped);
        clear(ended, skipped);
      }
    }
    set(begun, place);
    last = stream;
  }

  /** A stream ended because both sides had said all, or because the client reset it. */
  public void end(int stream) {
    if (knows(stream)) {
      set(ended, stream >>> 1);
    }
  }

  /** Whether the number is recent enough for the other questions. */
  public boolean knows(int stream) {
    return (stream & 1) == 1 && stream <= last && (last >>> 1) - (stream >>> 1) < REMEMBERED;
  }

  /** Whether it began; false for what is not known any more. */
  public boolean begun(int stream) {
    return knows(stream) && has(begun, stream >>> 1);
  }

  /** Whether it ended by itself; false for what is not known any more. */
  public boolean ended(int stream) {
    return knows(stream) && has(ended, stream >>> 1);
  }

  private static void set(long[] bits, int place) {
    bits[(place & MASK) >>> 6] |= 1L << place;
  }

  private static void clear(long[] bits, int place) {
    bits[(place & MASK) >>> 6] &= ~(1L << place);
  }

  private static boolean has(long[] bits, int place) {
    return (bits[(place & MASK) >>> 6] & 1L << place) != 0;
  }
}
