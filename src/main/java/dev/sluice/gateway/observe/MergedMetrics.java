package dev.sluice.gateway.observe;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The metrics of several nodes as one text in Prometheus' format 0.0.4: each sample gets its node
 * as a label, and each family stands in one place, as the format asks. Confined to its caller.
 */
public final class MergedMetrics {
  private static final String LABEL = "node=\"";

  private final Map<String, Family> families = new LinkedHashMap<>();

  /**
   * One name's lines.
   *
   * @param head HELP and TYPE, from the first node that has them
   */
  private record Family(Map<String, String> head, StringBuilder samples) {
    Family() {
      this(new LinkedHashMap<>(), new StringBuilder());
    }
  }

  /**
   * Adds a node's text.
   *
   * @param node what its samples are labelled with
   */
  public void add(String node, String text) {
    Family family = new Family();
    for (String line : text.split("\n")) {
      if (line.startsWith("# ")) {
        String[] words = line.split(" ", 4); // # TYPE name counter
        family = families.computeIfAbsent(words[2], added -> new Family());
        family.head().putIfAbsent(words[1], line);
      } else if (!line.isBlank()) {
        sample(family.samples(), node, line);
      }
    }
  }

  private static void sample(StringBuilder samples, String node, String line) {
    int open = line.indexOf('{');
    int space = line.indexOf(' ');
    boolean labelled = open >= 0 && open < space;
    int name = labelled ? open : space;
    samples.append(line, 0, name).append('{').append(LABEL).append(node).append('"');
    samples.append(labelled ? "," : "}");
    samples.append(line, labelled ? open + 1 : space, line.length()).append('\n');
  }

  @Override
  public String toString() {
    StringBuilder all = new StringBuilder();
    for (Family family : families.values()) {
      family.head().values().forEach(line -> all.append(line).append('\n'));
      all.append(family.samples());
    }
    return all.toString();
  }
}
