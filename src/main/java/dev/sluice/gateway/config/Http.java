package dev.sluice.gateway.config;

import com.google.re2j.PatternSyntaxException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Methods, header names, statuses, paths: words of HTTP (RFC 9110, RFC 3986). */
final class Http {
  static final List<String> METHODS =
      List.of(
          "GET",
          "HEAD",
          "POST",
          "PUT",
          "PATCH",
          "DELETE",
          "OPTIONS",
          "PROPFIND",
          "REPORT",
          "QUERY",
          "PURGE");

  // RFC 9110 §5.6.2
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}");
  private static final Pattern PARAMETER = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,62}");
  private static final Pattern PLACE = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern BAD_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

  static final Scalar<String> HEADER_NAME = token("header name");
  static final Scalar<String> COOKIE_NAME = token("cookie name");

  /** What frames, routes or binds a message to a connection is the gateway's own to send. */
  private static final Set<String> OWN =
      Set.of(
          "connection",
          "content-length",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /** The name of a header that a configuration may send in a message of its own. */
  static final Scalar<String> FREE_HEADER_NAME =
      HEADER_NAME.then((text, at, reading) -> {
        String name = HEADER_NAME.parser().parse(text, at, reading);
        if (OWN.contains(name.toLowerCase(java.util.Locale.ROOT))) {
          throw new Unfit(Reading.shown(text) + " is the gateway's own to send");
        }
        return name;
      });

  /** RFC 9110 §5.5: no control characters. */
  static final Scalar<String> HEADER_VALUE = Values.LINE;

  /** A method that is known, or listed in extraMethods. */
  static final Scalar<String> METHOD =
      token("method")
          .then((text, at, reading) -> {
            Set<String> known = new LinkedHashSet<>(METHODS);
            known.addAll(reading.extraMethods());
            if (!known.contains(text.value())) {
              String near = text.substituted() ? "" : Nearest.suggestion(text.value(), known);
              throw new Unfit(
                  "unknown method "
                      + Reading.shown(text)
                      + (near.isEmpty() ? "; extraMethods admits further ones" : near));
            }
            return text.value();
          });

  /** A method to be admitted. */
  static final Scalar<String> EXTRA_METHOD =
      Scalar.of(
          "method",
          "",
          (text, shown) -> {
            if (!TOKEN.matcher(text).matches() || text.equals("CONNECT") || text.equals("TRACE")) {
              throw new Unfit(shown + " cannot be admitted as a method");
            }
            return text;
          });

  /** A path for requests and prefixes. */
  static final Scalar<String> PATH = Scalar.of("path", "^/", Http::plainPath);

  /** A route's path. */
  static final Scalar<RouteConfig.PathPattern> TEMPLATE =
      Scalar.of("path template (`/users/{id}`, `/shop/*`)", "^/", Http::template);

  /** A regular expression. */
  static final Scalar<RouteConfig.PathPattern> REGEX =
      Scalar.of(
          "regular expression (RE2)",
          "",
          (text, shown) -> {
            try {
              com.google.re2j.Pattern.compile(text);
            } catch (PatternSyntaxException e) {
              throw new Unfit(shown + " is no regular expression (RE2): " + e.getDescription());
            }
            return new RouteConfig.PathPattern.Regex(text);
          });

  private Http() {}

  private static Scalar<String> token(String kind) {
    return Scalar.of(
        kind,
        "",
        (text, shown) -> {
          if (!TOKEN.matcher(text).matches()) {
            throw new Unfit(shown + " is no good " + kind);
          }
          return text;
        });
  }

  private static String plainPath(String text, String shown) throws Unfit {
    if (!text.startsWith("/")) {
      throw new Unfit(shown + " must begin with '/'");
    }
    if (text.chars().anyMatch(c -> c <= ' ' || c == 0x7f || c == '\\' || c == '#')) {
      throw new Unfit(shown + " holds a space, control character, '\\' or '#'");
    }
    if (BAD_ESCAPE.matcher(text).find()) {
      throw new Unfit(shown + " holds a '%' without two hexadecimal digits");
    }
    return text;
  }

  private static RouteConfig.PathPattern template(String text, String shown) throws Unfit {
    plainPath(text, shown);
    if (text.contains("?")) {
      throw new Unfit(shown + " holds a '?': match the query with query: {name: value}");
    }
    String[] segments = text.substring(1).split("/", -1);
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < segments.length; i++) {
      String segment = segments[i];
      boolean last = i == segments.length - 1;
      if (segment.equals("*")) {
        if (!last) {
          throw new Unfit(shown + " has '*' before its end: only the last segment may be '*'");
        }
      } else if (segment.isEmpty()) {
        if (!last) {
          throw new Unfit(shown + " has an empty segment");
        }
      } else if (segment.equals(".") || segment.equals("..")) {
        throw new Unfit(shown + " has a dot segment: paths are normalised before they are matched");
      } else {
        segment(segment, shown, names);
      }
    }
    return new RouteConfig.PathPattern.Template(text);
  }

  private static void segment(String segment, String shown, Set<String> names) throws Unfit {
    if (segment.contains("*")) {
      throw new Unfit(shown + " has '*' within a segment: it must be a whole one, at the end");
    }
    if (!segment.contains("{") && !segment.contains("}")) {
      return;
    }
    Matcher place = PLACE.matcher(segment);
    if (!place.matches()) {
      throw new Unfit(shown + ": '" + segment + "' must be one whole {name}");
    }
    if (!PARAMETER.matcher(place.group(1)).matches()) {
      throw new Unfit(
          shown + ": {" + place.group(1) + "} is no name: letters, digits, '_' and '-'");
    }
    if (!names.add(place.group(1))) {
      throw new Unfit(shown + " names {" + place.group(1) + "} twice");
    }
  }

  /** The names in braces of a template; {@code *} for the rest. */
  static Set<String> places(String template) {
    Set<String> names = new LinkedHashSet<>();
    Matcher matcher = PLACE.matcher(template);
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  /**
   * What a rewrite may name: the parameters of a template, or the groups of a regular expression.
   */
  static Set<String> parameters(RouteConfig.PathPattern pattern) {
    return switch (pattern) {
      case RouteConfig.PathPattern.Template template -> {
        Set<String> names = places(template.text());
        if (template.text().endsWith("*")) {
          names.add("*");
        }
        yield names;
      }
      case RouteConfig.PathPattern.Regex regex -> {
        com.google.re2j.Pattern compiled = com.google.re2j.Pattern.compile(regex.text());
        Set<String> names = new LinkedHashSet<>(compiled.namedGroups().keySet());
        for (int group = 0; group <= compiled.groupCount(); group++) {
          names.add(Integer.toString(group));
        }
        yield names;
      }
    };
  }
}
