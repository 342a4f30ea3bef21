package dev.sluice.gateway.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * One description of a piece of the language, from which the reader, the JSON Schema and the
 * reference all come, so that they cannot disagree.
 */
interface Shape<V> {
  /** The value; null when it is no good, which has then been reported. */
  @Nullable V read(Node node, Reading reading);

  /** Its kind in words, for the reference. */
  String type();

  /** Its JSON Schema; definitions of blocks are added to {@code definitions}. */
  Map<String, Object> schema(Map<String, Object> definitions);

  /** The blocks directly within it, for the reference. */
  default List<Block<?>> blocks() {
    return List.of();
  }
}
