package dev.sluice.gateway.route;

import com.google.re2j.Pattern;
import dev.sluice.gateway.config.RouteConfig.PathPattern;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A path pattern taken apart: literal segments, parameters of one segment, and whether a rest
 * follows.
 *
 * <p>{@code /a/*} takes {@code /a}, {@code /a/} and all below; its rest is what stands after {@code
 * /a/}, empty for the first two. A parameter never takes an empty segment. {@code /a} and {@code
 * /a/} are two paths.
 */
public record PathTemplate(List<Segment> segments, boolean rest) {
  public PathTemplate {
    segments = List.copyOf(segments);
  }

  /** One step of the path. */
  public sealed interface Segment {
    /** This text, compared by octets. */
    record Literal(String text) implements Segment {}

    /** Any one segment that is not empty. */
    record Parameter(String name) implements Segment {}
  }

  /**
   * Reads {@code /a/{b}/*}.
   *
   * @throws IllegalArgumentException with a sentence when it is no such pattern
   */
  public static PathTemplate parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("a path begins with /");
    }
    List<Segment> segments = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int from = 1;
    while (true) {
      int slash = text.indexOf('/', from);
      String part = text.substring(from, slash < 0 ? text.length() : slash);
      if (part.equals("*")) {
        if (slash >= 0) {
          throw new IllegalArgumentException("/* stands only at the end of a path");
        }
        return new PathTemplate(segments, true);
      }
      segments.add(segment(part, names));
      if (slash < 0) {
        return new PathTemplate(segments, false);
      }
      from = slash + 1;
    }
  }

  private static Segment segment(String part, Set<String> names) {
    int open = part.indexOf('{');
    int close = part.indexOf('}');
    if (open < 0 && close < 0) {
      if (part.indexOf('*') >= 0) {
        throw new IllegalArgumentException("* stands alone in the last segment, as in /a/*");
      }
      if (part.indexOf('?') >= 0 || part.indexOf('#') >= 0) {
        throw new IllegalArgumentException("a path has no query and no fragment");
      }
      return new Segment.Literal(part);
    }
    if (open != 0 || close != part.length() - 1 || close == 1) {
      throw new IllegalArgumentException("a parameter fills its segment, as in /users/{id}");
    }
    String name = part.substring(1, close);
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!Character.isLetterOrDigit(c) && c != '_' && c != '-') {
        throw new IllegalArgumentException(
            "a parameter's name has letters, digits, _ and - only, not \"" + c + "\"");
      }
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException("the parameter {" + name + "} stands twice");
    }
    return new Segment.Parameter(name);
  }

  /**
   * Names of a pattern's values in the order in which a table gives them: see {@link
   * Route#parameterNames()}.
   */
  public static String[] parameterNames(PathPattern pattern) {
    return switch (pattern) {
      case PathPattern.Template template -> parse(template.text()).names();
      case PathPattern.Regex regex -> {
        String[] names = new String[Pattern.compile(regex.text()).groupCount()];
        for (int i = 0; i < names.length; i++) {
          names[i] = Integer.toString(i + 1);
        }
        yield names;
      }
    };
  }

  /** The pattern without its parameters' names: two of one shape take the same paths. */
  String shape() {
    StringBuilder shape = new StringBuilder();
    for (Segment segment : segments) {
      shape.append('/');
      switch (segment) {
        case Segment.Literal literal -> {
          for (byte octet : PercentText.octets(literal.text())) {
            shape.append((char) (octet & 0xff));
          }
        }
        case Segment.Parameter ignored -> shape.append("{}");
      }
    }
    return rest ? shape.append("/*").toString() : shape.toString();
  }

  private String[] names() {
    List<String> names = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment instanceof Segment.Parameter parameter) {
        names.add(parameter.name());
      }
    }
    if (rest) {
      names.add("*");
    }
    return names.toArray(new String[0]);
  }
}
