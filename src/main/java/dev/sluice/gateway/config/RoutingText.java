package dev.sluice.gateway.config;

import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * The routing part where it does not stand in the node's files: {@code use}, {@code upstreams},
 * {@code policies} and {@code routes}, as YAML or JSON.
 *
 * @param version from 1; 0 for none yet
 * @param label in the place of a file's name in messages
 */
public record RoutingText(long version, String label, String text) {
  /** None yet. */
  public static final RoutingText EMPTY = new RoutingText(0, "config@0", "routes: []\n");

  /**
   * The same as maps, lists and values, without its comments; variables stay as they are written.
   *
   * @throws IllegalArgumentException when it cannot be read
   */
  public Object values() {
    try {
      Object values =
          new Load(LoadSettings.builder().setSchema(new CoreSchema()).build()).loadFromString(text);
      return values == null ? Map.of() : values;
    } catch (YamlEngineException unreadable) {
      throw new IllegalArgumentException(unreadable.getMessage(), unreadable);
    }
  }

  /** Of a version. */
  public static RoutingText of(long version, String text) {
    return new RoutingText(version, "config@" + version, text);
  }
}
