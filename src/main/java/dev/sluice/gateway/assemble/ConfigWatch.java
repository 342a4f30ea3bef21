package dev.sluice.gateway.assemble;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Sees that configuration files changed: compares size, time and identity of each, so that it works alike on local
 * disks, network shares and the symbolic links of mounted configuration maps. Asked now and then, off the event loops.
 */
public final class ConfigWatch {
  private List<Path> files = List.of();
  private List<String> seen = List.of();

  /** From now on these files count, as they are now. */
  public synchronized void files(List<Path> files) {
    this.files = List.copyOf(files);
    this.seen = look();
  }

  /** Whether any of them has changed since the last call that said so. Blocks for the look at the disk. */
  public synchronized boolean changed() {
    List<String> now = look();
    if (now.equals(seen)) {
      return false;
    }
    seen = now;
    return true;
  }

  private List<String> look() {
    List<String> marks = new ArrayList<>(files.size());
    for (Path file : files) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        marks.add(attributes.size() + "/" + attributes.lastModifiedTime() + "/" + attributes.fileKey());
      } catch (IOException missing) {
        marks.add("-");
      }
    }
    return marks;
  }
}
