package dev.sluice.gateway.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * How a file or folder was at one moment: its size, time and identity, so that a change shows alike
 * on local disks, network shares and the symbolic links of mounted configuration maps.
 */
public record FileMark(Path path, String mark) {
  /** How it is now. Blocks for the look at the disk. */
  public static FileMark of(Path path) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return new FileMark(
          path,
          attributes.size() + "/" + attributes.lastModifiedTime() + "/" + attributes.fileKey());
    } catch (IOException missing) {
      return new FileMark(path, "-");
    }
  }
}
