package dev.sluice.gateway.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of an embedded server, held by this process alone: by a lock beside the folder, which
 * the system takes back from a process that dies. A server that outlived such a process is found by
 * the pid file in its folder, and stopped. All calls block; one thread at a time.
 */
final class DataFolder {
  private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);
  private static final long PATIENCE_SECONDS = 10;

  private final FileChannel lock;

  private DataFolder(FileChannel lock) {
    this.lock = lock;
  }

  /**
   * Takes it, and stops what a dead process left running in it.
   *
   * @param pidFile in which the server in the folder says who it is
   * @param program of the server; no other process is touched, since pids are used again
   * @throws IOException another gateway has it
   */
  static DataFolder take(Path folder, String pidFile, String program) throws IOException {
    Path place = folder.toAbsolutePath();
    Files.createDirectories(place.getParent());
    FileChannel channel =
        FileChannel.open(
            place.resolveSibling(place.getFileName() + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      if (!locked(channel)) {
        throw new IOException("process " + words(channel) + " is using the files in " + folder);
      }
      channel.truncate(0);
      channel.write(
          StandardCharsets.US_ASCII.encode(Long.toString(ProcessHandle.current().pid())), 0);
      stop(place.resolve(pidFile), program);
      return new DataFolder(channel);
    } catch (IOException | RuntimeException failed) {
      channel.close();
      throw failed;
    }
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException ownProcessHasIt) {
      return false;
    }
  }

  private static String words(FileChannel channel) throws IOException {
    ByteBuffer octets = ByteBuffer.allocate(20);
    channel.read(octets, 0);
    return StandardCharsets.US_ASCII.decode(octets.flip()).toString();
  }

  /** Gives it up; the server in it does not run any more. Does nothing without one. */
  static void release(@Nullable DataFolder held) {
    if (held != null) {
      try {
        held.lock.close();
      } catch (IOException e) {
        LOG.debug("giving up a data folder", e);
      }
    }
  }

  private static void stop(Path pidFile, String program) throws IOException {
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
