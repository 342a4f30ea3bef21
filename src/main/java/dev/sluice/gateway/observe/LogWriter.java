package dev.sluice.gateway.observe;

import dev.sluice.gateway.resilience.Ticker;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes the loops' lines to standard output or a file. A full disk or a closed
 * pipe loses lines, which are counted, and never holds a loop; a file that failed is opened again
 * after a second.
 */
final class LogWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);
  private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long CLOSE_MILLIS = 2000;

  /** Opens what is written to. */
  @FunctionalInterface
  interface Target {
    OutputStream open() throws IOException;
  }

  private final List<LineRing> rings;
  private final Target target;
  private final Ticker ticker;
  private final Thread thread;
  private final AtomicLong lost = new AtomicLong();
  private volatile boolean asleep;
  private volatile boolean closing;
  private volatile boolean reopen;
  // The writer thread's own.
  private @Nullable OutputStream out;
  private long nextOpenNanos;
  private boolean failing;

  LogWriter(List<LineRing> rings, Target target, Ticker ticker) {
    this.rings = rings;
    this.target = target;
    this.ticker = ticker;
    this.nextOpenNanos = ticker.nanos();
    this.thread = Thread.ofPlatform().name("sluice-access-log").daemon().unstarted(this::run);
    thread.start();
  }

  static Target target(String to) {
    return to.equals("stdout")
        ? () -> new FileOutputStream(FileDescriptor.out)
        : () -> new FileOutputStream(to, true);
  }

  /** Wakes the writer if it sleeps; costs one volatile read otherwise. */
  void wake() {
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  void reopen() {
    reopen = true;
    LockSupport.unpark(thread);
  }

  long lost() {
    return lost.get();
  }

  private void run() {
    while (!closing) {
      step();
      // A short rest gathers lines into one write; only an idle writer needs to be woken.
      LockSupport.parkNanos(this, BATCH_NANOS);
      asleep = true;
      if (!waiting() && !closing && !reopen) {
        LockSupport.park(this);
      }
      asleep = false;
    }
    step();
    shut();
  }

  private boolean waiting() {
    for (LineRing ring : rings) {
      if (!ring.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private void step() {
    if (reopen) {
      reopen = false;
      shut();
      nextOpenNanos = ticker.nanos();
    }
    for (LineRing ring : rings) {
      if (!ring.isEmpty()) {
        write(ring);
      }
    }
  }

  private void write(LineRing ring) {
    long to = ring.end();
    int lines = ring.lines(to);
    try {
      ring.drainTo(open(), to);
      if (failing) {
        failing = false;
        LOG.info("event=access_log_recovered lost={}", lost.get());
      }
    } catch (IOException e) {
      lost.addAndGet(lines);
      boolean resting = out instanceof Refusing;
      shut();
      if (!resting) {
        nextOpenNanos = ticker.nanos() + RETRY_NANOS;
      }
      if (!failing) {
        failing = true;
        LOG.warn("event=access_log_failed error=\"{}\"", e.toString());
      }
    }
  }

  private OutputStream open() {
    OutputStream open = out;
    if (open == null) {
      // Until the next try lines go nowhere and are counted by the caller when the try fails.
      if (ticker.nanos() - nextOpenNanos < 0) {
        open = new Refusing("not open yet");
        out = open;
        return open;
      }
      try {
        open = target.open();
        out = open;
      } catch (IOException e) {
        return new Refusing(e.toString()); // so that the ring is emptied all the same
      }
    }
    return open;
  }

  private void shut() {
    OutputStream open = out;
    out = null;
    if (open == null) {
      return;
    }
    try {
      open.flush();
      if (!(open instanceof FileOutputStream file) || !isStandard(file)) {
        open.close();
      }
    } catch (IOException e) {
      LOG.debug("event=access_log_close_failed error=\"{}\"", e.toString());
    }
  }

  private static boolean isStandard(FileOutputStream file) throws IOException {
    return file.getFD() == FileDescriptor.out;
  }

  /** Writes what waits, for two seconds at most. */
  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stands in while a failed target rests. */
  private static final class Refusing extends OutputStream {
    private final String why;

    Refusing(String why) {
      this.why = why;
    }

    @Override
    public void write(int b) throws IOException {
      throw new IOException(why);
    }
  }
}
