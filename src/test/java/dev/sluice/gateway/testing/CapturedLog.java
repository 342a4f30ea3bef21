package dev.sluice.gateway.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Keeps what is logged in this process while it is open. */
public final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  private CapturedLog() {
    setContext(root.getLoggerContext());
    start();
    root.addAppender(this);
  }

  /** Begins to keep. */
  public static CapturedLog open() {
    return new CapturedLog();
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  /**
   * Warnings and errors so far, with their exceptions' names; a slow machine's late loops are none.
   */
  public List<String> troubles() {
    return events.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        .filter(event -> !event.getFormattedMessage().startsWith("event=loop_late"))
        .map(event ->
            event.getFormattedMessage()
                + (event.getThrowableProxy() == null
                    ? ""
                    : " " + event.getThrowableProxy().getClassName()))
        .toList();
  }

  /** Lines that hold this text. */
  public List<String> lines(String part) {
    return events.stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(line -> line.contains(part))
        .toList();
  }

  @Override
  public void close() {
    root.detachAppender(this);
    stop();
  }
}
