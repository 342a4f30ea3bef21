package dev.sluice.gateway.rollout;

import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.rollout.ConfigTable.Mark;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last good version on this node's disk, for a start without the database. Replaced whole, so
 * that it is never half a version. Blocks; one thread at a time.
 */
final class ConfigCopy {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigCopy.class);

  private final Path folder;
  private final String database;

  /**
   * @param folder made when something is first kept
   * @param database where it comes from; a copy of another one is no copy
   */
  ConfigCopy(Path folder, String database) {
    this.folder = folder;
    this.database = database;
  }

  Path file() {
    return folder.resolve("routing.json");
  }

  boolean exists() {
    return Files.isRegularFile(file());
  }

  /** Empty when there is none that can be read. */
  Optional<FirstVersion> read() {
    if (!exists()) {
      return Optional.empty();
    }
    try {
      JsonObject kept = new JsonObject(Files.readString(file()));
      String text = kept.getString("text");
      String change = kept.getString("change");
      Long version = kept.getLong("version");
      String origin = kept.getString("database");
      if (!database.equals(origin)) {
        LOG.warn(
            "event=config_copy_of_another_database file={} database={} its={}",
            file(),
            database,
            origin);
        return Optional.empty();
      }
      if (text != null && change != null && version != null) {
        return Optional.of(
            new FirstVersion(RoutingText.of(version, text), new Mark(version, change), null));
      }
      LOG.warn("event=config_copy_unreadable file={} cause=\"a part is missing\"", file());
    } catch (IOException | DecodeException | ClassCastException unreadable) {
      LOG.warn("event=config_copy_unreadable file={} cause=\"{}\"", file(), unreadable.toString());
    }
    return Optional.empty();
  }

  /** Keeps it in the place of the one before. */
  void write(RoutingText routing, Mark mark) {
    try {
      Files.createDirectories(folder);
      Path next = Files.createTempFile(folder, "routing", ".next"); // readable by its owner only
      try {
        Files.writeString(
            next,
            new JsonObject()
                .put("database", database)
                .put("version", mark.version())
                .put("change", mark.change())
                .put("text", routing.text())
                .encode());
        Files.move(
            next, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(next); // of a disk that is full
      }
    } catch (IOException e) {
      LOG.warn("event=config_copy_failed version={} cause=\"{}\"", mark.version(), e.toString());
    }
  }
}
