package dev.sluice.gateway.cli;

import dev.sluice.gateway.Gateway;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * What the process's signals do: the first SIGTERM or SIGINT drains, a second one ends the process
 * at once with 128 and its number; SIGHUP reloads. The JDK has no other call for it; each signal
 * comes on a thread of its own.
 */
final class Signals {
  private static final Logger LOG = LoggerFactory.getLogger(Signals.class);
  private static final int SIGNALLED = 128;

  private final AtomicReference<@Nullable Gateway> gateway = new AtomicReference<>();
  private boolean asked;

  void install() {
    Signal.handle(new Signal("TERM"), this::stop);
    Signal.handle(new Signal("INT"), this::stop);
    Signal.handle(new Signal("HUP"), this::reload);
  }

  /**
   * From now on a stop drains; until now it ended the process, since there was nothing to drain.
   */
  void started(Gateway running) {
    gateway.set(running);
  }

  private synchronized void stop(Signal signal) {
    Gateway running = gateway.get();
    if (asked || running == null) {
      // halt, not exit: nothing may hold up who asks twice.
      Runtime.getRuntime().halt(SIGNALLED + signal.getNumber());
      return;
    }
    asked = true;
    running.drain();
  }

  private void reload(Signal signal) {
    Gateway running = gateway.get();
    if (running != null) {
      running
          .reload("SIG" + signal.getName())
          .whenComplete((status, failure) -> {
            if (failure != null) {
              LOG.error("reload failed", failure);
            }
          });
    }
  }
}
