package dev.sluice.gateway.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The language as a document; made from the description that the reader uses, so that it cannot
 * drift.
 */
public final class Reference {
  private static final String HEAD =
      """
      # Configuration reference

      Made from the reader's own description of the language by `dev.sluice.gateway.config.Reference`; do not edit.

      - Durations are a whole number and `ms`, `s`, `m`, `h` or `d`; sizes a whole number and `B`, `KiB`, `MiB` or `GiB`;
        shares a number and `%`. Without its unit each is an error.
      - `${env:NAME}`, `${env:NAME:default}` and `${file:path}` stand for a variable or a file's content in any value;
        within `{ }` and `[ ]` put quotes around them. `$${` is a literal `${`.
      - Paths are relative to the file that names them.
      - Keys that are not listed here, values out of range and names that lead nowhere are errors.

      """;

  private Reference() {}

  /** Every block with its keys, their types, ranges, defaults and meanings, in Markdown. */
  public static String markdown() {
    Map<String, Block<?>> blocks = new LinkedHashMap<>();
    Deque<Block<?>> waiting = new ArrayDeque<>();
    waiting.add(GatewayBlock.BLOCK);
    while (!waiting.isEmpty()) {
      Block<?> block = waiting.remove();
      if (blocks.putIfAbsent(block.name(), block) == null) {
        block.keys().forEach(key -> waiting.addAll(key.shape().blocks()));
      }
    }
    StringBuilder text = new StringBuilder(HEAD);
    blocks.values().forEach(block -> section(block, text));
    return text.toString().stripTrailing() + "\n";
  }

  private static void section(Block<?> block, StringBuilder text) {
    text.append("## ").append(block.name()).append("\n\n").append(block.meaning()).append("\n\n");
    text.append("| key | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (Key<?> key : block.keys()) {
      String standard = key.standard();
      text.append("| `")
          .append(key.name())
          .append("` | ")
          .append(cell(key.shape().type()))
          .append(" | ");
      text.append(
          key.required() ? "required" : standard == null ? "none" : "`" + cell(standard) + "`");
      text.append(" | ").append(cell(key.meaning())).append(" |\n");
    }
    text.append('\n');
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
