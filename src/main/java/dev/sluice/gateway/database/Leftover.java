package dev.sluice.gateway.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a server that outlived the process which started it, found by the pid file that it keeps in
 * its data folder. Only a process of that program is touched: pids are used again.
 */
final class Leftover {
  private static final Logger LOG = LoggerFactory.getLogger(Leftover.class);
  private static final long PATIENCE_SECONDS = 10;

  private Leftover() {}

  /** Blocks until it is gone; does nothing when there is none. */
  static void stop(Path pidFile, String program) throws IOException {
    if (!Files.exists(pidFile)) {
      return;
    }
    String pid = Files.readAllLines(pidFile).stream().findFirst().orElse("").strip();
    Optional<ProcessHandle> process =
        pid.matches("[0-9]{1,10}") ? ProcessHandle.of(Long.parseLong(pid)) : Optional.empty();
    if (process.isEmpty() || !runs(process.get(), program)) {
      return;
    }
    LOG.warn("event=leftover_stopped program={} pid={}", program, pid);
    ProcessHandle left = process.get();
    left.destroy();
    if (!gone(left)) {
      left.destroyForcibly();
      if (!gone(left)) {
        throw new IOException("process " + pid + " (" + program + ") does not end");
      }
    }
  }

  private static boolean runs(ProcessHandle process, String program) {
    Path name = Path.of("/proc", Long.toString(process.pid()), "comm");
    try {
      return process.isAlive() && Files.readString(name).strip().startsWith(program);
    } catch (IOException notLinux) {
      return process.isAlive()
          && process.info().command().map(command -> command.contains(program)).orElse(false);
    }
  }

  private static boolean gone(ProcessHandle process) {
    try {
      process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return !process.isAlive();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
