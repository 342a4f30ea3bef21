package dev.sluice.gateway.assemble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sees that configuration files changed: compares size, time and identity of each, so that it works
 * alike on local disks, network shares and the symbolic links of mounted configuration maps. Asked
 * now and then, off the event loops.
 */
public final class ConfigWatch {
  private Map<Path, String> loaded = Map.of();
  private Map<Path, String> last = Map.of();

  /**
   * From now on these files count. Those known already count as they were at the last look, which
   * was before they were read; a change during the reading is so not missed.
   */
  public synchronized void files(List<Path> files) {
    Map<Path, String> marks = new LinkedHashMap<>();
    for (Path file : files) {
      String known = last.get(file);
      marks.put(file, known == null ? mark(file) : known);
    }
    loaded = marks;
    last = marks;
  }

  /** Notes how the files are now; call it before reading them. Blocks for the look at the disk. */
  public synchronized void look() {
    Map<Path, String> now = new LinkedHashMap<>();
    last.keySet().forEach(file -> now.put(file, mark(file)));
    last = now;
  }

  /**
   * Whether any of them has changed since they were loaded, and none since the last look: a file
   * that is being written is left alone until that is done. Blocks for the look at the disk.
   */
  public synchronized boolean changed() {
    Map<Path, String> before = last;
    look();
    return last.equals(before) && !last.equals(loaded);
  }

  private static String mark(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return attributes.size() + "/" + attributes.lastModifiedTime() + "/" + attributes.fileKey();
    } catch (IOException missing) {
      return "-";
    }
  }
}
