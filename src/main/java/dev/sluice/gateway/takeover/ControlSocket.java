package dev.sluice.gateway.takeover;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * Where the processes of one configuration find each other: a Unix socket in a folder of its user.
 */
public final class ControlSocket {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /** A path in {@code sun_path} has 108 bytes at most; this much of a hash keeps folders apart. */
  private static final int NAME_BYTES = 8;

  private ControlSocket() {}

  /** Whether sockets can be handed over on this machine. */
  public static boolean available() {
    return Epoll.isAvailable();
  }

  /** The socket of a configuration; the same file has the same one, by whatever path. */
  public static Path of(Path folder, Path configuration) throws IOException {
    byte[] file = configuration.toRealPath().toString().getBytes(StandardCharsets.UTF_8);
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(file);
      return folder
          .toAbsolutePath()
          .resolve(HexFormat.of().formatHex(hash, 0, NAME_BYTES) + ".sock");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Makes the folder, or sees to it that nobody else can have put something into it. */
  static void secure(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(folder.toAbsolutePath().getParent());
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    check(folder);
  }

  /** Fails when another user could have put the socket there. */
  static void check(Path folder) throws IOException {
    Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        || !owner.equals(user())
        || !Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS).equals(OWNER_ONLY)) {
      throw new IOException(folder + " is not a folder that only this user can enter (mode 700)");
    }
  }

  /** The user this process runs as. */
  static int user() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /** A loop for one end of conversations. */
  static EventLoopGroup loop() {
    return new MultiThreadIoEventLoopGroup(
        1, new DefaultThreadFactory("sluice-takeover", true), EpollIoHandler.newFactory());
  }
}
