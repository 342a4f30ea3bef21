package dev.sluice.gateway.config;

import java.util.IdentityHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Bounds what aliases expand to ("billion laughs"), and how deep a document is, before it is read.
 */
final class Expansion {
  private static final long MOST_NODES = 5_000_000;
  private static final int DEEPEST = 64;

  private final Reading reading;
  private final Map<Node, Long> sizes = new IdentityHashMap<>();

  Expansion(Reading reading) {
    this.reading = reading;
  }

  /** Whether the document may be read; if not, that has been reported. */
  boolean bounded(Node root) {
    return size(root, 0) >= 0;
  }

  /**
   * Nodes below and with this one, aliases counted each time; -1 for too many. A node on the way
   * counts as 0.
   */
  private long size(Node node, int depth) {
    Long known = sizes.get(node);
    if (known != null) {
      if (known == 0) {
        reading.problem(node, "an alias within the value that it stands for");
        return -1;
      }
      return known;
    }
    if (depth > DEEPEST) {
      reading.problem(node, "nested too deeply: more than " + DEEPEST + " levels");
      return -1;
    }
    sizes.put(node, 0L);
    long size = 1;
    if (node instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        size = sum(size, size(item, depth + 1), node);
        if (size < 0) {
          return -1;
        }
      }
    } else if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        size = sum(size, size(tuple.getKeyNode(), depth + 1), node);
        size = size < 0 ? size : sum(size, size(tuple.getValueNode(), depth + 1), node);
        if (size < 0) {
          return -1;
        }
      }
    }
    sizes.put(node, size);
    return size;
  }

  private long sum(long size, long more, Node at) {
    if (more < 0) {
      return -1;
    }
    if (size + more > MOST_NODES) {
      reading.problem(at, "aliases expand this beyond " + MOST_NODES + " values");
      return -1;
    }
    return size + more;
  }
}
