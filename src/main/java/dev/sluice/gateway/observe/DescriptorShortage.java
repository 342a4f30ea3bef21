package dev.sluice.gateway.observe;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.sluice.gateway.resilience.SystemTicker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.LoggerFactory;

/**
 * Counts connections that could not be accepted because the process has no file descriptor left.
 *
 * <p>Netty then rests for a second and tries again, so that nothing is lost but time; it tells
 * nobody but its log. So this listens there, in place of the stack trace for each try, and says it
 * once a minute in a line of its own. Any thread.
 */
public final class DescriptorShortage extends AppenderBase<ILoggingEvent> {
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(DescriptorShortage.class);
  private static final String PIPELINE = "io.netty.channel.DefaultChannelPipeline";
  private static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final DescriptorShortage INSTANCE = new DescriptorShortage();

  private final LongAdder failures = new LongAdder();
  private final AtomicLong spokenNanos = new AtomicLong(Long.MIN_VALUE);

  private DescriptorShortage() {}

  /** Listens from now on; once a process. */
  public static synchronized void watch() {
    if (!INSTANCE.isStarted() && LoggerFactory.getLogger(PIPELINE) instanceof Logger pipeline) {
      INSTANCE.setContext(pipeline.getLoggerContext());
      INSTANCE.start();
      pipeline.setAdditive(false);
      pipeline.addAppender(INSTANCE);
    }
  }

  /** Times that a connection could not be accepted. */
  public static long failures() {
    return INSTANCE.failures.sum();
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (shortage(event.getThrowableProxy())) {
      failures.increment();
      say();
    } else if (LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.callAppenders(event);
    }
  }

  private void say() {
    long now = SystemTicker.INSTANCE.nanos();
    long before = spokenNanos.get();
    if ((before == Long.MIN_VALUE || now - before > SILENCE_NANOS)
        && spokenNanos.compareAndSet(before, now)) {
      LOG.warn(
          "no file descriptor is left for new connections times={} hint=\"raise ulimit -n\"",
          failures.sum());
    }
  }

  private static boolean shortage(IThrowableProxy thrown) {
    return thrown != null
        && thrown.getMessage() != null
        && thrown.getMessage().contains("Too many open files");
  }
}
