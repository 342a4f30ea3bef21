package dev.sluice.gateway.config;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts the YAML parser's messages into words that say what to do. */
final class YamlTrouble {
  private YamlTrouble() {}

  static String explain(@Nullable String problem, @Nullable String context) {
    String what = Objects.requireNonNullElse(problem, "");
    String where = Objects.requireNonNullElse(context, "");
    if (what.contains("\\t") || what.contains("TAB")) {
      return "not YAML: a tab where blanks belong; YAML is indented with blanks only";
    }
    if (what.contains("mapping values are not allowed")) {
      return "not YAML: a ':' that begins no value here; is the indentation right, or are quotes"
          + " missing?";
    }
    if (what.contains("could not find expected ':'")) {
      return "not YAML: a key without its ':'";
    }
    if (what.contains("found undefined alias")) {
      return "not YAML: " + what.replace("found undefined alias", "unknown alias");
    }
    if (what.contains("number of aliases") || where.contains("number of aliases")) {
      return "too many aliases";
    }
    if (what.contains("expected <block end>")) {
      return "not YAML: this does not belong to the block above; is the indentation right?";
    }
    if (what.contains("expected ',' or")) {
      return "not YAML: a ',' or a closing bracket is missing before this";
    }
    if (what.contains("unexpected end of stream")) {
      return "not YAML: the file ends within quotes";
    }
    String first = what.lines().findFirst().orElse("");
    return "not YAML: " + (first.isEmpty() ? "cannot be parsed" : first);
  }
}
