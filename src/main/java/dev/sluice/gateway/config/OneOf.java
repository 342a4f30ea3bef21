package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** A map with exactly one key, which says the kind: {@code {headers: {...}}}. */
record OneOf<V>(String name, String meaning, List<Key<? extends V>> kinds) implements Shape<V> {
  @Override
  public @Nullable V read(Node node, Reading reading) {
    MappingNode mapping = reading.mapping(node, "a map with one key");
    if (mapping == null) {
      return null;
    }
    List<V> values = new ArrayList<>();
    List<Node> ats = new ArrayList<>();
    reading.entries(
        mapping,
        (word, at, value) -> {
          ats.add(at);
          for (Key<? extends V> kind : kinds) {
            if (kind.name().equals(word)) {
              V read = reading.within(word, value, kind.shape());
              if (read != null) {
                values.add(read);
              }
              return;
            }
          }
          List<String> known = new ArrayList<>();
          for (Key<? extends V> kind : kinds) {
            known.add(kind.name());
          }
          String near = Nearest.suggestion(word, known);
          reading.problem(
              at,
              "unknown "
                  + name
                  + " '"
                  + word
                  + "'"
                  + (near.isEmpty() ? "; there are: " + String.join(", ", known) : near));
        });
    if (ats.size() > 1) {
      reading.problem(ats.get(1), "a " + name + " has one key; this is its second");
      return null;
    }
    if (ats.isEmpty()) {
      reading.problem(node, "this " + name + " is empty");
    }
    return values.isEmpty() ? null : values.get(0);
  }

  @Override
  public String type() {
    return "[" + name + "](#" + name.replace(' ', '-') + ")";
  }

  @Override
  public Map<String, Object> schema(Map<String, Object> definitions) {
    if (!definitions.containsKey(name)) {
      definitions.put(name, Map.of());
      Block<Object> block = new Block<>(name, meaning, List.copyOf(kinds), fields -> null);
      Map<String, Object> schema = new LinkedHashMap<>(block.object(definitions));
      schema.put("minProperties", 1);
      schema.put("maxProperties", 1);
      definitions.put(name, schema);
    }
    return Map.of("$ref", "#/$defs/" + name.replace(" ", "%20"));
  }

  @Override
  public List<Block<?>> blocks() {
    return List.of(new Block<>(name, meaning, List.copyOf(kinds), fields -> null));
  }
}
