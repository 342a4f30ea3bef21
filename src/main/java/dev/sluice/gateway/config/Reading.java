package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One reading of one configuration: what is wrong so far, which names are declared, which are used.
 * One thread.
 */
final class Reading {
  /** More would help nobody, and bounds what a hostile file can make of memory. */
  private static final int MOST_PROBLEMS = 1_000;

  private static final Set<Tag> TAGS =
      Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.SEQ, Tag.MAP);

  /**
   * A scalar's value, and what of it may be shown: a substituted one shows as it is written, never
   * its content.
   */
  record Text(String value, String shown, boolean plain, boolean substituted) {
    boolean isNull() {
      return plain
          && !substituted
          && (value.isEmpty() || value.equals("~") || value.equals("null"));
    }
  }

  /** Takes one entry of a map. */
  interface EntryReader {
    void entry(String key, Node at, Node value);
  }

  private final Sources sources;
  private final Substitution substitution;
  private final Set<Problem> problems = new LinkedHashSet<>();
  private final List<String> warnings = new ArrayList<>();
  private final Names names = new Names(this);
  private final Deque<String> keys = new ArrayDeque<>();
  private Set<String> methods = Set.of();

  Reading(Sources sources, UnaryOperator<@Nullable String> environment) {
    this.sources = sources;
    this.substitution = new Substitution(sources, environment);
  }

  /** Reads a default through its shape; a bad one is a mistake of the description. */
  static <V> Object standard(Shape<V> shape, String text) {
    Reading reading = new Reading(new Sources(), name -> null);
    V value = shape.read(node(text), reading);
    if (value == null || !reading.problems.isEmpty()) {
      throw new IllegalStateException("bad default '" + text + "': " + reading.problems);
    }
    return value;
  }

  /** A default as a JSON value, for the schema. */
  static @Nullable Object plain(String text) {
    return JsonValue.of(node(text), new Reading(new Sources(), name -> null));
  }

  private static Node node(String text) {
    LoadSettings settings = LoadSettings.builder().setLabel("default").build();
    return new Compose(settings).composeString(text).orElseThrow();
  }

  Sources sources() {
    return sources;
  }

  /** {@code file:line:column} of a node. */
  static String position(Node node) {
    Mark mark = node.getStartMark().orElseThrow();
    return mark.getName() + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
  }

  void problem(Node at, String message) {
    Mark mark = at.getStartMark().orElseThrow();
    problem(mark.getName(), mark.getLine() + 1, mark.getColumn() + 1, message);
  }

  void problem(String label, int line, int column, String message) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new Problem(label, line, column, message, ""));
    }
  }

  /** A problem of a value, named by the key that it belongs to. */
  void unfit(Node at, String message) {
    problem(at, keys.isEmpty() ? message : keys.peek() + ": " + message);
  }

  void warn(Node at, String message) {
    warnings.add(position(at) + ": " + message);
  }

  List<String> warnings() {
    return List.copyOf(new LinkedHashSet<>(warnings));
  }

  /** All problems in order, with their lines. */
  List<Problem> problems() {
    return problems.stream()
        .map(found -> sources.problem(found.file(), found.line(), found.column(), found.message()))
        .sorted(sources.order())
        .toList();
  }

  <V> @Nullable V within(String key, Node value, Shape<V> shape) {
    keys.push(key);
    try {
      return shape.read(value, this);
    } finally {
      keys.pop();
    }
  }

  @Nullable MappingNode mapping(Node node, String wanted) {
    if (node instanceof MappingNode mapping && TAGS.contains(node.getTag())) {
      return mapping;
    }
    mismatch(node, wanted);
    return null;
  }

  @Nullable SequenceNode sequence(Node node, String wanted) {
    if (node instanceof SequenceNode sequence && TAGS.contains(node.getTag())) {
      return sequence;
    }
    mismatch(node, wanted);
    return null;
  }

  @Nullable Text scalar(Node node, String wanted) {
    if (!(node instanceof ScalarNode scalar) || !TAGS.contains(node.getTag())) {
      mismatch(node, wanted);
      return null;
    }
    Text text = text(scalar);
    if (text != null && text.isNull()) {
      mismatch(node, wanted);
      return null;
    }
    return text;
  }

  /** The scalar with its substitutions made; null when one fails, which has then been reported. */
  @Nullable Text text(ScalarNode node) {
    try {
      Path base = sources.path(node.getStartMark().orElseThrow().getName());
      String value = substitution.apply(node.getValue(), base);
      boolean substituted = !value.equals(node.getValue());
      return new Text(value, node.getValue(), node.isPlain(), substituted);
    } catch (Unfit e) {
      unfit(node, e.reason());
      return null;
    }
  }

  void mismatch(Node node, String wanted) {
    if (!TAGS.contains(node.getTag())) {
      unfit(
          node,
          "the tag "
              + node.getTag().getValue()
              + " is not allowed; tags are not part of the language");
      return;
    }
    unfit(node, "needs " + wanted + ", not " + describe(node));
  }

  private static String describe(Node node) {
    if (node instanceof MappingNode) {
      return "a map";
    }
    if (node instanceof SequenceNode) {
      return "a list";
    }
    if (node instanceof ScalarNode scalar) {
      Text text = new Text(scalar.getValue(), scalar.getValue(), scalar.isPlain(), false);
      return text.isNull() ? "nothing" : shown(text);
    }
    return "this";
  }

  /** A value in quotes, shortened. */
  static String shown(Text text) {
    String shown = text.shown().length() > 60 ? text.shown().substring(0, 60) + "…" : text.shown();
    return "'" + shown.replace("\n", "\\n").replace("\r", "\\r") + "'";
  }

  /** Gives each entry once; keys that are no scalars and keys that stand twice are problems. */
  void entries(MappingNode mapping, EntryReader reader) {
    Map<String, Node> seen = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        problem(tuple.getKeyNode(), "a key must be a word, not " + describe(tuple.getKeyNode()));
        continue;
      }
      Node first = seen.putIfAbsent(key.getValue(), key);
      if (first != null) {
        problem(
            key, "duplicate key '" + key.getValue() + "'; the first stands at " + position(first));
        continue;
      }
      if (key.getValue().equals("<<")) {
        problem(
            key,
            "merge keys (<<) are not part of the language; use policies for what routes share");
        continue;
      }
      reader.entry(key.getValue(), key, tuple.getValueNode());
    }
  }

  /** The names of this configuration. */
  Names names() {
    return names;
  }

  void extraMethods(Set<String> extra) {
    methods = Set.copyOf(extra);
  }

  Set<String> extraMethods() {
    return methods;
  }
}
