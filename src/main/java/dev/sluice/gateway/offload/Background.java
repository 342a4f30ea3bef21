package dev.sluice.gateway.offload;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the threads that compute step back whenever an event loop has something to do: Linux's
 * scheduling policy SCHED_IDLE, sched(7), which needs no right. Java's own priorities do nothing
 * there. Any thread.
 */
final class Background {
  private static final Logger LOG = LoggerFactory.getLogger(Background.class);
  private static final int SCHED_IDLE = 5;
  private static final @Nullable MethodHandle SET = function();
  private static final ThreadLocal<Boolean> DONE = ThreadLocal.withInitial(() -> false);

  private Background() {}

  private static @Nullable MethodHandle function() {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("sched_setscheduler")
        .map(address ->
            linker.downcallHandle(
                address,
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS)))
        .orElse(null);
  }

  /** Whether this thread does. */
  static boolean here() {
    return DONE.get();
  }

  /** From now on this thread runs when nobody else wants to; once a thread. */
  static void enter() {
    MethodHandle set = SET;
    if (DONE.get() || set == null || Thread.currentThread().isVirtual()) {
      return;
    }
    DONE.set(true);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment priority = arena.allocateFrom(ValueLayout.JAVA_INT, 0);
      int refused = (int) set.invokeExact(0, SCHED_IDLE, priority);
      if (refused != 0) {
        LOG.info("event=no_background thread={}", Thread.currentThread().getName());
      }
    } catch (Throwable broken) {
      LOG.info("event=no_background cause=\"{}\"", broken.toString());
    }
  }
}
