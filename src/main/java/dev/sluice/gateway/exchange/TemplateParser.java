package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads a template's text; see {@link Template}. */
final class TemplateParser {
  private static final Map<String, TemplateSlot> FACTS =
      Map.of(
          "request.method", TemplateSlot.Fact.METHOD,
          "request.url", TemplateSlot.Fact.URL,
          "request.path", TemplateSlot.Fact.PATH,
          "request.host", TemplateSlot.Fact.HOST,
          "request.id", TemplateSlot.Fact.ID,
          "client.address", TemplateSlot.Fact.CLIENT,
          "now", TemplateSlot.Fact.NOW);

  /** The words that a name begins with; nothing else may be called so. */
  static final List<String> ROOTS =
      List.of("query", "path", "body", "header", "cookie", "request", "client", "now");

  private final String text;
  private final TemplateScope scope;
  private final List<Template.Part> parts = new ArrayList<>();
  private final StringBuilder literal = new StringBuilder();

  TemplateParser(String text, TemplateScope scope) {
    this.text = text;
    this.scope = scope;
  }

  List<Template.Part> parse() {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean twice = i + 1 < text.length() && text.charAt(i + 1) == c;
      if ((c == '{' || c == '}') && twice) {
        literal.append(c);
        i++;
      } else if (c == '}') {
        throw new TemplateFault(
            i, "a closing brace without an opening one; a brace itself is written }}");
      } else if (c == '{') {
        int close = text.indexOf('}', i);
        if (close < 0) {
          throw new TemplateFault(i, "this brace is not closed; a brace itself is written {{");
        }
        flush();
        parts.add(slot(i + 1, text.substring(i + 1, close)));
        i = close;
      } else {
        literal.append(c);
      }
    }
    flush();
    return parts;
  }

  private void flush() {
    if (!literal.isEmpty()) {
      parts.add(Template.Part.literal(literal.toString()));
      literal.setLength(0);
    }
  }

  private Template.Part slot(int offset, String inner) {
    int bar = inner.indexOf('|');
    String typed = (bar < 0 ? inner : inner.substring(0, bar)).strip();
    int colon = typed.lastIndexOf(':');
    String name = colon < 0 ? typed : typed.substring(0, colon);
    TemplateType type = colon < 0 ? null : type(offset, typed.substring(colon + 1));
    String fallback = bar < 0 ? null : inner.substring(bar + 1);
    if (type != null && fallback != null && !fallback.equals("null")) {
      try {
        type.of(fallback, false, fallback);
      } catch (Failed unfit) {
        throw new TemplateFault(offset, "the default of " + typed + ": " + unfit.getMessage());
      }
    }
    return new Template.Part("", resolve(offset, name), name, type, fallback);
  }

  private static TemplateType type(int offset, String word) {
    TemplateType type = TemplateType.of(word);
    if (type == null) {
      throw new TemplateFault(
          offset,
          "unknown type \"" + word + "\"" + nearest(word, TemplateType.words(), "there are "));
    }
    return type;
  }

  private TemplateSlot resolve(int offset, String name) {
    TemplateSlot fact = FACTS.get(name);
    if (fact != null) {
      return fact;
    }
    if (scope.bare() && scope.parameters().contains(name)) {
      return path(offset, name);
    }
    int dot = name.indexOf('.');
    String root = dot < 0 ? name : name.substring(0, dot);
    String rest = dot < 0 ? "" : name.substring(dot + 1);
    if (root.equals("body")) {
      return body(offset, dot < 0 ? null : rest);
    }
    List<String> fields = scope.names().get(root);
    if (fields != null) {
      List<String> steps = dot < 0 ? List.of() : steps(offset, root, rest);
      if (!fields.isEmpty() && !steps.isEmpty() && !fields.contains(steps.getFirst())) {
        throw new TemplateFault(
            offset,
            root
                + " has no \""
                + steps.getFirst()
                + "\""
                + nearest(steps.getFirst(), fields, "it has "));
      }
      return new TemplateSlot.Named(root, steps);
    }
    boolean digits = !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
    if (digits || name.equals("*")) {
      return path(offset, name);
    }
    if (ROOTS.contains(root) && rest.isEmpty() && !root.equals("now")) {
      throw new TemplateFault(
          offset, "\"" + name + "\" needs a name after it, as in {" + root + ".x}");
    }
    return switch (root) {
      case "query" -> new TemplateSlot.Query(rest);
      case "path" -> path(offset, rest);
      case "header" -> new TemplateSlot.Header(rest);
      case "cookie" -> new TemplateSlot.Cookie(rest);
      default -> throw unknown(offset, name, root);
    };
  }

  private TemplateSlot path(int offset, String name) {
    int index = scope.parameters().indexOf(name);
    if (index < 0) {
      throw new TemplateFault(
          offset,
          "the path has no parameter \""
              + name
              + "\""
              + nearest(name, scope.parameters(), "it has "));
    }
    return new TemplateSlot.Path(index, name.equals("*"));
  }

  private TemplateSlot body(int offset, @Nullable String steps) {
    if (!scope.body()) {
      throw new TemplateFault(offset, "the body cannot be used here");
    }
    return new TemplateSlot.Body(steps == null ? List.of() : steps(offset, "body", steps));
  }

  private static List<String> steps(int offset, String root, String steps) {
    List<String> names = new ArrayList<>();
    for (int from = 0; from <= steps.length(); ) {
      int dot = steps.indexOf('.', from);
      int end = dot < 0 ? steps.length() : dot;
      if (end == from) {
        throw new TemplateFault(
            offset, "a field's name is empty in \"" + root + "." + steps + "\"");
      }
      names.add(steps.substring(from, end));
      from = end + 1;
    }
    return List.copyOf(names);
  }

  private TemplateFault unknown(int offset, String name, String root) {
    Set<String> words = new TreeSet<>(FACTS.keySet());
    words.addAll(ROOTS);
    words.addAll(scope.names().keySet());
    List<String> known = List.copyOf(words);
    return new TemplateFault(
        offset,
        "unknown value \""
            + name
            + "\""
            + nearest(
                FACTS.keySet().stream().anyMatch(f -> f.startsWith(root + ".")) ? name : root,
                known,
                "values begin with "));
  }

  private static String nearest(String name, List<String> known, String otherwise) {
    String best = null;
    int least = Math.max(1, name.length() / 3) + 1;
    for (String each : known) {
      int distance = distance(name, each);
      if (distance < least) {
        best = each;
        least = distance;
      }
    }
    if (best != null) {
      return "; did you mean \"" + best + "\"?";
    }
    return known.isEmpty() ? "" : "; " + otherwise + String.join(", ", known);
  }

  /** Levenshtein distance. */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[other.length()];
  }
}
