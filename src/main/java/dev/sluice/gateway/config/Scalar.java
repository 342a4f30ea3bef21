package dev.sluice.gateway.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A value written as one word or line.
 *
 * @param type its kind and range in words
 * @param schema its JSON Schema, without substitutions
 * @param bare whether quotes make it a string and therefore wrong (numbers and booleans)
 */
record Scalar<V>(String type, Map<String, Object> schema, boolean bare, Parser<V> parser)
    implements Shape<V> {
  private static final Pattern ARTICLE =
      Pattern.compile(
          "whole|duration"
              + " |size|share|host|path|regular|address|block|header|cookie|method|name|file|secret|origin|status");

  /** Makes a value of a text. */
  interface Parser<V> {
    /**
     * @param text after substitution
     * @param at for further checks and for files relative to the naming one
     */
    V parse(Reading.Text text, Node at, Reading reading) throws Unfit;
  }

  /** A parser that needs nothing but the text. {@code shown} is what messages may quote. */
  interface Simple<V> {
    V parse(String text, String shown) throws Unfit;
  }

  static <V> Scalar<V> of(String type, String pattern, Simple<V> parser) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", List.of("string", "number", "boolean"));
    if (!pattern.isEmpty()) {
      schema.put("type", "string");
      schema.put("pattern", pattern);
    }
    return new Scalar<>(
        type,
        schema,
        false,
        (text, at, reading) -> parser.parse(text.value(), Reading.shown(text)));
  }

  static <V> Scalar<V> bare(String type, Map<String, Object> schema, Simple<V> parser) {
    return new Scalar<>(
        type, schema, true, (text, at, reading) -> parser.parse(text.value(), Reading.shown(text)));
  }

  /** The same with a further or another step. */
  <W> Scalar<W> then(Parser<W> next) {
    return new Scalar<>(type, schema, bare, next);
  }

  /** The same, where quotes do no harm. */
  Scalar<V> quotable() {
    return new Scalar<>(type, schema, false, parser);
  }

  /** The same with another pattern in the schema. */
  Scalar<V> matching(String pattern) {
    return new Scalar<>(type, Map.of("type", "string", "pattern", pattern), bare, parser);
  }

  /** The same under another kind's name. */
  Scalar<V> named(String kind) {
    return new Scalar<>(kind, schema, bare, parser);
  }

  private String wanted() {
    // Types that are lists of words, or the bare word "text", take no article.
    boolean noun = ARTICLE.matcher(type).lookingAt();
    return noun ? (type.startsWith("a") || type.startsWith("o") ? "an " : "a ") + type : type;
  }

  @Override
  public @Nullable V read(Node node, Reading reading) {
    Reading.Text text = reading.scalar(node, wanted());
    if (text == null) {
      return null;
    }
    if (bare && !text.plain() && !text.substituted()) {
      reading.unfit(
          node,
          "needs "
              + wanted()
              + ", not the string "
              + Reading.shown(text)
              + ": leave the quotes out");
      return null;
    }
    try {
      return parser.parse(text, node, reading);
    } catch (Unfit e) {
      reading.unfit(node, e.reason());
      return null;
    }
  }

  @Override
  public Map<String, Object> schema(Map<String, Object> definitions) {
    if (schema.get("type") instanceof List<?> || (schema.equals(Map.of("type", "string")))) {
      return schema;
    }
    definitions.putIfAbsent(
        "substitution",
        Map.of(
            "type", "string",
            "pattern", "\\$\\{(env|file):",
            "description", "${env:NAME}, ${env:NAME:default} or ${file:path}"));
    return Map.of("anyOf", List.of(schema, Map.of("$ref", "#/$defs/substitution")));
  }
}
