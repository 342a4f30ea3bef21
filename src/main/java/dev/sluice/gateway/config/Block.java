package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** A map with known keys: the language's unit of description. */
final class Block<T> implements Shape<T> {
  private final String name;
  private final String meaning;
  private final List<Key<?>> keys;
  private final Map<String, Key<?>> byName = new LinkedHashMap<>();
  private final Function<Fields, @Nullable T> make;
  private final Map<String, Object> standards = new HashMap<>();

  /**
   * @param name of the definition in the schema and of the section in the reference
   * @param make builds the value, called only when all required keys are good
   */
  Block(String name, String meaning, List<Key<?>> keys, Function<Fields, @Nullable T> make) {
    this.name = name;
    this.meaning = meaning;
    this.keys = List.copyOf(keys);
    this.make = make;
    for (Key<?> key : keys) {
      byName.put(key.name(), key);
      if (key.standard() != null) {
        standards.put(key.name(), Reading.standard(key.shape(), key.standard()));
      }
    }
  }

  @Override
  public @Nullable T read(Node node, Reading reading) {
    MappingNode mapping = reading.mapping(node, "a map of keys");
    if (mapping == null) {
      return null;
    }
    Map<String, Node> nodes = new HashMap<>();
    Map<String, Object> values = new HashMap<>(standards);
    reading.entries(
        mapping,
        (word, at, value) -> {
          Key<?> key = byName.get(word);
          if (key == null) {
            reading.problem(
                at,
                "unknown key '"
                    + word
                    + "' in "
                    + name
                    + Nearest.suggestion(word, byName.keySet()));
            return;
          }
          nodes.put(word, value);
          Object read = reading.within(word, value, key.shape());
          if (read != null) {
            values.put(word, read);
          }
        });
    boolean whole = true;
    for (Key<?> key : keys) {
      if (key.required() && !nodes.containsKey(key.name())) {
        reading.problem(node, name + " needs the key '" + key.name() + "'");
      }
      whole &= !key.required() || values.containsKey(key.name());
    }
    return whole ? make.apply(new Fields(node, nodes, values, reading)) : null;
  }

  String name() {
    return name;
  }

  String meaning() {
    return meaning;
  }

  List<Key<?>> keys() {
    return keys;
  }

  @Override
  public String type() {
    return "[" + name + "](#" + anchor() + ")";
  }

  String anchor() {
    return name.toLowerCase(java.util.Locale.ROOT).replace(' ', '-').replace(".", "");
  }

  @Override
  public List<Block<?>> blocks() {
    return List.of(this);
  }

  @Override
  public Map<String, Object> schema(Map<String, Object> definitions) {
    if (!definitions.containsKey(name)) {
      definitions.put(name, Map.of());
      definitions.put(name, object(definitions));
    }
    return Map.of("$ref", "#/$defs/" + name.replace(" ", "%20"));
  }

  Map<String, Object> object(Map<String, Object> definitions) {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (Key<?> key : keys) {
      Map<String, Object> property = new LinkedHashMap<>();
      property.put("description", key.meaning());
      property.putAll(key.shape().schema(definitions));
      if (key.standard() != null) {
        property.put("default", Reading.plain(key.standard()));
      }
      properties.put(key.name(), property);
      if (key.required()) {
        required.add(key.name());
      }
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("description", meaning);
    schema.put("additionalProperties", false);
    schema.put("properties", properties);
    if (!required.isEmpty()) {
      schema.put("required", required);
    }
    return schema;
  }
}
