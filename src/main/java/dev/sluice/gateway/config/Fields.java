package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** What was read of one block: values by key, and where they stand. */
final class Fields {
  private final Node block;
  private final Map<String, Node> nodes;
  private final Map<String, Object> values;
  private final Reading reading;

  Fields(Node block, Map<String, Node> nodes, Map<String, Object> values, Reading reading) {
    this.block = block;
    this.nodes = nodes;
    this.values = values;
    this.reading = reading;
  }

  /** The value of a key that is required or has a default. */
  @SuppressWarnings("unchecked")
  <V> V value(Key<V> key) {
    return (V) Objects.requireNonNull(values.get(key.name()), key.name());
  }

  /** The value of a key without default; null when it is not there. */
  @SuppressWarnings("unchecked")
  <V> @Nullable V optional(Key<V> key) {
    return (V) values.get(key.name());
  }

  /** The value of a key without default, or {@code otherwise}. */
  <V> V or(Key<V> key, V otherwise) {
    V value = optional(key);
    return value == null ? otherwise : value;
  }

  /** Whether the file names this key, well or badly. */
  boolean has(Key<?> key) {
    return nodes.containsKey(key.name());
  }

  /** Where a key's value stands; the block itself when it is not there. */
  Node at(Key<?> key) {
    return nodes.getOrDefault(key.name(), block);
  }

  Node at() {
    return block;
  }

  String position() {
    return Reading.position(block);
  }

  Reading reading() {
    return reading;
  }

  void problem(Key<?> key, String message) {
    reading.problem(at(key), message);
  }
}
