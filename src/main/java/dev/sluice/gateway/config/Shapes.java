package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Shapes made of other shapes. */
final class Shapes {
  private Shapes() {}

  /** A list; what is wrong with one item does not hide what is wrong with the next. */
  record ListOf<V>(Shape<V> item, int least) implements Shape<List<V>> {
    @Override
    public @Nullable List<V> read(Node node, Reading reading) {
      SequenceNode sequence = reading.sequence(node, "a list");
      if (sequence == null) {
        return null;
      }
      if (sequence.getValue().size() < least) {
        reading.unfit(node, "needs at least one item");
        return null;
      }
      List<V> items = new ArrayList<>();
      for (Node each : sequence.getValue()) {
        V value = item.read(each, reading);
        if (value != null) {
          items.add(value);
        }
      }
      return items;
    }

    @Override
    public String type() {
      return "list of " + item.type();
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
      Map<String, Object> schema = new LinkedHashMap<>();
      schema.put("type", "array");
      schema.put("items", item.schema(definitions));
      if (least > 0) {
        schema.put("minItems", least);
      }
      return schema;
    }

    @Override
    public List<Block<?>> blocks() {
      return item.blocks();
    }
  }

  /** A map with free keys. */
  record MapOf<V>(Scalar<String> key, Shape<V> item) implements Shape<Map<String, V>> {
    @Override
    public @Nullable Map<String, V> read(Node node, Reading reading) {
      MappingNode mapping = reading.mapping(node, "a map");
      if (mapping == null) {
        return null;
      }
      Map<String, V> values = new LinkedHashMap<>();
      reading.entries(
          mapping,
          (word, at, value) -> {
            String name = key.read(at, reading);
            V read = reading.within(word, value, item);
            if (name == null || read == null) {
              return;
            }
            if (values.putIfAbsent(name, read) != null) {
              reading.problem(at, "duplicate key '" + word + "'");
            }
          });
      return values;
    }

    @Override
    public String type() {
      return "map of " + key.type() + " to " + item.type();
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
      return Map.of("type", "object", "additionalProperties", item.schema(definitions));
    }

    @Override
    public List<Block<?>> blocks() {
      return item.blocks();
    }
  }

  static <V> Shape<List<V>> list(Shape<V> item) {
    return new ListOf<>(item, 0);
  }

  static <V> Shape<List<V>> some(Shape<V> item) {
    return new ListOf<>(item, 1);
  }

  static <V> Shape<Map<String, V>> map(Scalar<String> key, Shape<V> item) {
    return new MapOf<>(key, item);
  }

  /** A map whose keys declare names of a kind; each value is told its name. */
  static <V> Shape<Map<String, V>> named(Names.Kind kind, Shape<Function<String, V>> item) {
    Shape<Map<String, Function<String, V>>> map =
        new MapOf<>(
            Scalar.of(kind.word + " name", "", Values::name)
                .then((text, at, reading) -> {
                  reading.names().declare(kind, text.value(), at);
                  return Values.name(text.value(), Reading.shown(text));
                }),
            item);
    return as(
        map,
        made -> {
          Map<String, V> values = new LinkedHashMap<>();
          made.forEach((name, make) -> values.put(name, make.apply(name)));
          return values;
        });
  }

  /** The same shape, giving another value. */
  static <V, W> Shape<W> as(Shape<V> shape, Function<V, @Nullable W> make) {
    return new Shape<>() {
      @Override
      public @Nullable W read(Node node, Reading reading) {
        V value = shape.read(node, reading);
        return value == null ? null : make.apply(value);
      }

      @Override
      public String type() {
        return shape.type();
      }

      @Override
      public Map<String, Object> schema(Map<String, Object> definitions) {
        return shape.schema(definitions);
      }

      @Override
      public List<Block<?>> blocks() {
        return shape.blocks();
      }
    };
  }

  /** A shape for scalars, and another for maps or lists. */
  static <V> Shape<V> either(Shape<? extends V> scalar, Shape<? extends V> other) {
    return new Shape<>() {
      @Override
      public @Nullable V read(Node node, Reading reading) {
        return node instanceof ScalarNode ? scalar.read(node, reading) : other.read(node, reading);
      }

      @Override
      public String type() {
        return scalar.type() + ", or " + other.type();
      }

      @Override
      public Map<String, Object> schema(Map<String, Object> definitions) {
        return Map.of("anyOf", List.of(scalar.schema(definitions), other.schema(definitions)));
      }

      @Override
      public List<Block<?>> blocks() {
        List<Block<?>> blocks = new ArrayList<>(scalar.blocks());
        blocks.addAll(other.blocks());
        return blocks;
      }
    };
  }

  /** A block that the word {@code off} switches off. */
  static <V> Shape<Optional<V>> offOr(Shape<V> shape) {
    Scalar<Optional<V>> off = Values.<Optional<V>>choice(Map.of("off", Optional.empty()));
    return either(off, as(shape, Optional::of));
  }
}
