package dev.sluice.gateway.testing;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Which process of this machine has the other end of a connection. Linux. */
final class SocketOwner {
  private static final Path PROC = Path.of("/proc");
  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int INODE = 9;

  private SocketOwner() {}

  /** Empty when nobody has it any more. */
  static OptionalLong of(Socket near) throws IOException {
    for (String table : new String[] {"tcp", "tcp6"}) {
      try (Stream<String> lines = Files.lines(PROC.resolve("net").resolve(table))) {
        String inode =
            lines
                .map(line -> line.strip().split("\\s+"))
                .filter(words ->
                    words[LOCAL].endsWith(":%04X".formatted(near.getPort()))
                        && words[REMOTE].endsWith(":%04X".formatted(near.getLocalPort())))
                .map(words -> words[INODE])
                .findFirst()
                .orElse("0");
        if (!inode.equals("0")) {
          return holder("socket:[" + inode + "]");
        }
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong holder(String socket) {
    return ProcessHandle.allProcesses()
        .mapToLong(ProcessHandle::pid)
        .filter(pid -> holds(pid, socket))
        .findFirst();
  }

  private static boolean holds(long pid, String socket) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(PROC.resolve(pid + "/fd"))) {
      for (Path each : descriptors) {
        if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).toString().equals(socket)) {
          return true;
        }
      }
    } catch (IOException goneOrNotOurs) {
      return false;
    }
    return false;
  }
}
