package dev.sluice.gateway.config;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Follows {@code include} and joins all files into one map whose nodes still know where they stand.
 */
final class Includes {
  private static final int MOST_FILES = 1_000;

  private final Reading reading;
  private final Documents documents;
  private final Map<Path, String> seen = new HashMap<>();
  private final Map<Path, String> open = new LinkedHashMap<>();
  private final Map<String, NodeTuple> merged = new LinkedHashMap<>();
  private final List<NodeTuple> others = new ArrayList<>();

  Includes(Reading reading) {
    this.reading = reading;
    this.documents = new Documents(reading);
  }

  /** The joined map; null when the first file has none. */
  @Nullable MappingNode join(Path file, @Nullable RoutingText routing) {
    Path path = file.toAbsolutePath().normalize();
    MappingNode first = follow(file.toString(), path, null);
    if (first == null) {
      return null;
    }
    List<NodeTuple> tuples = new ArrayList<>(merged.values());
    tuples.addAll(others);
    if (SourceBlock.elsewhere(first)) {
      tuples.addAll(routing(path, tuples, routing));
    }
    return new MappingNode(
        Tag.MAP, true, tuples, FlowStyle.BLOCK, first.getStartMark(), first.getEndMark());
  }

  /** The routing part from elsewhere; what is where it does not belong is reported. */
  private List<NodeTuple> routing(Path file, List<NodeTuple> own, @Nullable RoutingText elsewhere) {
    for (NodeTuple tuple : own) {
      if (tuple.getKeyNode() instanceof ScalarNode key
          && SourceBlock.ROUTING.contains(key.getValue())) {
        reading.problem(
            key,
            key.getValue()
                + " stands in the database, since config says source: database; put it there:"
                + " sluice config put FILE");
      }
    }
    if (elsewhere == null) {
      return List.of();
    }
    MappingNode root = documents.parse(elsewhere.label(), file, elsewhere.text());
    if (root == null) {
      return List.of();
    }
    List<NodeTuple> found = new ArrayList<>();
    for (NodeTuple tuple : root.getValue()) {
      if (SourceBlock.named(tuple, "version")) {
        Integer unused =
            reading.within("version", tuple.getValueNode(), GatewayBlock.VERSION_NUMBER);
      } else if (!(tuple.getKeyNode() instanceof ScalarNode key)
          || SourceBlock.ROUTING.contains(key.getValue())
          || !GatewayBlock.KEYS.contains(key.getValue())) {
        found.add(tuple); // an unknown one is reported as such
      } else {
        reading.problem(
            key,
            key.getValue()
                + " stands in each node's own file; here are: use, upstreams, policies, routes");
      }
    }
    return found;
  }

  private @Nullable MappingNode follow(String label, Path path, @Nullable Node from) {
    if (from != null && open.containsKey(path)) {
      reading.problem(
          from,
          "include: "
              + label
              + " includes itself: "
              + String.join(" -> ", open.values())
              + " -> "
              + label);
      return null;
    }
    if (from != null && seen.containsKey(path)) {
      reading.problem(from, "include: " + label + " is included already at " + seen.get(path));
      return null;
    }
    if (seen.size() >= MOST_FILES) {
      reading.problem(label, 1, 1, "include: more than " + MOST_FILES + " files");
      return null;
    }
    seen.put(path, from == null ? label : Reading.position(from));
    open.put(path, label);
    MappingNode root = documents.read(label, path, from);
    if (root != null) {
      for (NodeTuple tuple : root.getValue()) {
        take(tuple);
      }
      for (NodeTuple tuple : root.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals("include")) {
          include(label, path, tuple.getValueNode());
        }
      }
    }
    open.remove(path);
    return root;
  }

  private void include(String label, Path path, Node value) {
    if (!(value instanceof SequenceNode list)) {
      return; // The block's own reader reports it.
    }
    for (Node item : list.getValue()) {
      Reading.Text pattern = item instanceof ScalarNode scalar ? reading.text(scalar) : null;
      if (pattern == null || pattern.value().isEmpty()) {
        continue;
      }
      try {
        Path parent = Optional.ofNullable(path.getParent()).orElse(path);
        Path shownParent = Path.of(label).getParent();
        List<Path> files = matches(parent, pattern.value());
        boolean wild = pattern.value().matches(".*[*?\\[{].*");
        if (files.isEmpty() && !wild) {
          files = List.of(parent.resolve(pattern.value()).normalize());
        }
        if (files.isEmpty()) {
          reading.warn(item, "include: " + Reading.shown(pattern) + " matches no file");
        }
        for (Path file : files) {
          Path relative = parent.relativize(file);
          String name =
              (shownParent == null ? relative : shownParent.resolve(relative))
                  .normalize()
                  .toString();
          follow(name, file, item);
        }
      } catch (InvalidPathException | PatternSyntaxException | IOException e) {
        reading.problem(item, "include: " + Reading.shown(pattern) + " is no path or pattern");
      }
    }
  }

  /** The files that a pattern names, sorted; wildcards hold within one segment. */
  private List<Path> matches(Path parent, String pattern) throws IOException {
    boolean absolute = pattern.startsWith("/");
    List<Path> found = List.of(absolute ? Path.of("/") : parent);
    String[] segments = (absolute ? pattern.substring(1) : pattern).split("/+");
    for (int i = 0; i < segments.length; i++) {
      List<Path> next = new ArrayList<>();
      for (Path directory : found) {
        boolean wild = segments[i].matches(".*[*?\\[{].*");
        if (!wild) {
          Path path = directory.resolve(segments[i]).normalize();
          if (Files.exists(path)) {
            next.add(path);
          } else {
            reading.sources().watch(path);
          }
        } else if (Files.isDirectory(directory)) {
          reading.sources().watch(directory);
          try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, segments[i])) {
            for (Path path : stream) {
              next.add(path.normalize());
            }
          }
        }
      }
      found = next;
    }
    return found.stream().sorted().toList();
  }

  /** Adds an entry of a file's root: lists append, maps merge, anything else may stand once. */
  private void take(NodeTuple tuple) {
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      others.add(tuple);
      return;
    }
    NodeTuple before = merged.get(key.getValue());
    if (before == null) {
      merged.put(key.getValue(), tuple);
      return;
    }
    boolean sameFile = file(before.getKeyNode()).equals(file(key));
    Node value = before.getValueNode();
    if (key.getValue().equals("version") && !sameFile) {
      Integer unused = reading.within("version", tuple.getValueNode(), GatewayBlock.VERSION_NUMBER);
    } else if (!sameFile
        && GatewayBlock.MERGED.contains(key.getValue())
        && value instanceof SequenceNode left
        && tuple.getValueNode() instanceof SequenceNode right) {
      List<Node> items = new ArrayList<>(left.getValue());
      items.addAll(right.getValue());
      SequenceNode joined =
          new SequenceNode(
              Tag.SEQ, true, items, FlowStyle.BLOCK, left.getStartMark(), left.getEndMark());
      merged.put(key.getValue(), new NodeTuple(before.getKeyNode(), joined));
    } else if (!sameFile
        && GatewayBlock.MERGED.contains(key.getValue())
        && value instanceof MappingNode left
        && tuple.getValueNode() instanceof MappingNode right) {
      List<NodeTuple> entries = new ArrayList<>(left.getValue());
      entries.addAll(right.getValue());
      MappingNode joined =
          new MappingNode(
              Tag.MAP, true, entries, FlowStyle.BLOCK, left.getStartMark(), left.getEndMark());
      merged.put(key.getValue(), new NodeTuple(before.getKeyNode(), joined));
    } else {
      others.add(tuple);
    }
  }

  private static String file(Node node) {
    return node.getStartMark().orElseThrow().getName();
  }
}
