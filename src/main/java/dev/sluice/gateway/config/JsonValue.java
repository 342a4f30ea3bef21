package dev.sluice.gateway.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Any value: maps, lists, strings, numbers, booleans, null. Boxed, since null is a value here. */
record JsonValue(@Nullable Object value) {
  private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9][0-9]{0,300})");
  private static final Pattern REAL =
      Pattern.compile("-?(0|[1-9][0-9]{0,300})(\\.[0-9]{1,300})?([eE][-+]?[0-9]{1,3})?");

  static final Shape<JsonValue> SHAPE =
      new Shape<>() {
        @Override
        public JsonValue read(Node node, Reading reading) {
          return new JsonValue(of(node, reading));
        }

        @Override
        public String type() {
          return "any value";
        }

        @Override
        public Map<String, Object> schema(Map<String, Object> definitions) {
          return Map.of();
        }
      };

  static @Nullable Object of(Node node, Reading reading) {
    if (node instanceof MappingNode mapping) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      reading.entries(mapping, (key, at, value) -> map.put(key, of(value, reading)));
      return map;
    }
    if (node instanceof SequenceNode sequence) {
      List<@Nullable Object> list = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        list.add(of(item, reading));
      }
      return list;
    }
    if (!(node instanceof ScalarNode scalar)) {
      return null;
    }
    Reading.Text text = reading.text(scalar);
    return text == null ? null : text.plain() && !text.substituted() ? plain(text) : text.value();
  }

  private static @Nullable Object plain(Reading.Text text) {
    String value = text.value();
    if (text.isNull()) {
      return null;
    }
    if (value.equals("true") || value.equals("false")) {
      return value.equals("true");
    }
    if (WHOLE.matcher(value).matches()) {
      BigInteger whole = new BigInteger(value);
      if (whole.bitLength() < 32) {
        return whole.intValue();
      }
      return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
    }
    return REAL.matcher(value).matches() ? (Object) new BigDecimal(value).doubleValue() : value;
  }
}
