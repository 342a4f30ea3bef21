package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.FileMark;
import java.util.List;

/** Sees that configuration files changed. Asked now and then, off the event loops. */
public final class ConfigWatch {
  private List<FileMark> loaded = List.of();
  private List<FileMark> last = List.of();

  /**
   * From now on these files count.
   *
   * @param files as they were before they were read, so that a change during the reading, or since,
   *     is not missed
   */
  public synchronized void files(List<FileMark> files) {
    loaded = files;
    last = files;
  }

  /**
   * Whether any of them has changed since they were loaded, and none since the last look: a file
   * that is being written is left alone until that is done. Blocks for the look at the disk.
   */
  public synchronized boolean changed() {
    List<FileMark> before = last;
    last = before.stream().map(file -> FileMark.of(file.path())).toList();
    return last.equals(before) && !last.equals(loaded);
  }
}
