package dev.sluice.gateway.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Counts what a peer that nobody reads from could write, and tells when it has got stuck. */
public final class Counter {
  private static final long LOOK_NANOS = 50_000_000L;
  private static final int QUIET_LOOKS = 12;

  private final AtomicLong written = new AtomicLong();

  /** Writes so many bytes, or as many as the peer takes. Blocks. */
  public void pump(OutputStream out, long bytes) throws IOException {
    byte[] block = new byte[64 * 1024];
    for (long left = bytes; left > 0; left -= block.length) {
      int size = (int) Math.min(block.length, left);
      out.write(block, 0, size);
      written.addAndGet(size);
    }
  }

  /** Counts. */
  public void add(long bytes) {
    written.addAndGet(bytes);
  }

  /** Bytes so far. */
  public long value() {
    return written.get();
  }

  /** Waits until nothing more has gone for a while, and says how much had. */
  public long stuck() {
    long seen = -1;
    for (int quiet = 0; quiet < QUIET_LOOKS; quiet++) {
      long now = written.get();
      if (now != seen || now == 0) {
        seen = now;
        quiet = 0;
      }
      LockSupport.parkNanos(LOOK_NANOS);
      if (now > 900_000_000L) {
        return now;
      }
    }
    return seen;
  }
}
