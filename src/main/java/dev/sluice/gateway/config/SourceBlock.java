package dev.sluice.gateway.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** How it is written where the routing part stands. */
final class SourceBlock {
  /** Keys of the routing part. */
  static final Set<String> ROUTING = Set.of("use", "upstreams", "policies", "routes");

  private static final Key<Boolean> SOURCE =
      Key.of(
          "source",
          Values.choice(Values.words(Map.entry("file", false), Map.entry("database", true))),
          "file",
          "`file`: all of it in this node's files. `database`: `upstreams`, `policies`, `routes` and"
              + " `use` in a database, the same for all nodes that share it.");
  private static final Key<String> DATABASE =
      Key.optional(
          "database",
          ListenerBlock.reference(Names.Kind.DATABASE),
          "The database, for `source: database`; PostgreSQL.");
  private static final Key<String> COPY =
      Key.of(
          "copy",
          Values.LINE,
          "data/config",
          "A folder for the last good version, from which a node starts while the database is gone;"
              + " relative to the file.");

  /** {@code config}. */
  static final Block<SourceConfig> BLOCK =
      new Block<>(
          "config",
          "Where the routing part stands. A change needs a restart.",
          List.of(SOURCE, DATABASE, COPY),
          SourceBlock::make);

  private SourceBlock() {}

  private static @Nullable SourceConfig make(Fields fields) {
    String database = fields.optional(DATABASE);
    if (!fields.value(SOURCE)) {
      if (database != null) {
        fields.problem(DATABASE, "database: needs source: database beside it");
      }
      return new SourceConfig.Files();
    }
    if (database == null) {
      fields.problem(SOURCE, "source: database needs its name beside it: database: main");
      return null;
    }
    return new SourceConfig.Database(database, copy(fields));
  }

  private static Path copy(Fields fields) {
    try {
      // Without the key the place is that of the block.
      Node at = fields.has(COPY) ? fields.at(COPY) : fields.at(SOURCE);
      return fields
          .reading()
          .sources()
          .path(at.getStartMark().orElseThrow().getName())
          .toAbsolutePath()
          .normalize()
          .resolveSibling(fields.value(COPY))
          .normalize();
    } catch (InvalidPathException e) {
      fields.problem(COPY, "copy: is no path");
      return Path.of("");
    }
  }

  /** Whether the routing part stands elsewhere; asked before anything is read. */
  static boolean elsewhere(MappingNode root) {
    return root.getValue().stream()
        .filter(tuple -> named(tuple, "config"))
        .map(NodeTuple::getValueNode)
        .filter(MappingNode.class::isInstance)
        .flatMap(block -> ((MappingNode) block).getValue().stream())
        .anyMatch(tuple ->
            named(tuple, "source")
                && tuple.getValueNode() instanceof ScalarNode word
                && word.getValue().equals("database"));
  }

  static boolean named(NodeTuple tuple, String name) {
    return tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name);
  }
}
