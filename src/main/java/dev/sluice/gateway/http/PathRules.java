package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Admission.Refused;
import org.jspecify.annotations.Nullable;

/**
 * Brings a path into its one normal form (RFC 3986 §6.2.2): dot segments resolved, unreserved
 * characters decoded, other escapes in upper case. Empty segments stay, since upstreams tell them
 * apart.
 */
public final class PathRules {
  private static final Refused CLIMBS =
      new Refused(Failure.BAD_REQUEST, "the path climbs above the root");
  private static final Refused MALFORMED =
      new Refused(Failure.BAD_REQUEST, "the target is malformed");

  private PathRules() {}

  /** Admits path and query; {@code target} begins with a slash. */
  public static Admission admit(String target, String host, String authority) {
    int end = target.length();
    int query = -1;
    boolean plain = true;
    boolean slash = false;
    for (int i = 0; i < end; i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        return MALFORMED;
      }
      if (c == '?' && query < 0) {
        query = i;
      }
      if (query < 0) {
        if (c == '%') {
          plain = false;
        } else if (c == '\\') {
          slash = true;
        } else if (c == '.' && i > 0 && target.charAt(i - 1) == '/') {
          plain = false;
        } else if (c == '"' || c == '<' || c == '>' || c == '^' || c == '`' || c == '{' || c == '|'
            || c == '}') {
          plain = false;
        }
      }
    }
    int pathEnd = query < 0 ? end : query;
    String rest = query < 0 ? null : target.substring(query + 1);
    if (plain && !slash) {
      return new Admitted(
          query < 0 ? target : target.substring(0, pathEnd), rest, host, authority, false);
    }
    return normal(target, pathEnd, rest, host, authority, slash);
  }

  private static Admission normal(
      String target,
      int end,
      @Nullable String query,
      String host,
      String authority,
      boolean backslash) {
    StringBuilder out = new StringBuilder(end);
    boolean slash = backslash;
    for (int i = 0; i < end; i++) {
      char c = target.charAt(i);
      if (c != '%') {
        if (needsEscape(c)) {
          escape(out, c);
        } else {
          out.append(c);
        }
        continue;
      }
      int high = i + 2 < end ? Character.digit(target.charAt(i + 1), 16) : -1;
      int low = i + 2 < end ? Character.digit(target.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        return MALFORMED;
      }
      int octet = high << 4 | low;
      i += 2;
      if (octet == 0) {
        return MALFORMED;
      }
      slash |= octet == '/' || octet == '\\';
      if (unreserved(octet)) {
        out.append((char) octet);
      } else {
        escape(out, octet);
      }
    }
    if (hidesDots(out)) {
      return MALFORMED;
    }
    String path = withoutDots(out);
    return path == null ? CLIMBS : new Admitted(path, query, host, authority, slash);
  }

  /**
   * Whether a segment is dots and a parameter: some servers drop {@code ;x} first and then climb.
   */
  private static boolean hidesDots(StringBuilder path) {
    return path.indexOf("/.;") >= 0 || path.indexOf("/..;") >= 0;
  }

  /** RFC 3986 §5.2.4; null when it climbs above the root. */
  private static @Nullable String withoutDots(StringBuilder path) {
    StringBuilder out = new StringBuilder(path.length());
    int length = path.length();
    int i = 0;
    while (i < length) {
      int next = i + 1;
      while (next < length && path.charAt(next) != '/') {
        next++;
      }
      int size = next - i - 1;
      boolean last = next == length;
      if (size == 1 && path.charAt(i + 1) == '.') {
        if (last) {
          out.append('/');
        }
      } else if (size == 2 && path.charAt(i + 1) == '.' && path.charAt(i + 2) == '.') {
        if (out.isEmpty()) {
          return null;
        }
        out.setLength(out.lastIndexOf("/"));
        if (last) {
          out.append('/');
        }
      } else {
        out.append(path, i, next);
      }
      i = next;
    }
    return out.isEmpty() ? "/" : out.toString();
  }

  private static boolean unreserved(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }

  private static boolean needsEscape(char c) {
    return c == '"' || c == '<' || c == '>' || c == '^' || c == '`' || c == '{' || c == '|'
        || c == '}';
  }

  private static void escape(StringBuilder out, int octet) {
    out.append('%');
    out.append(Character.toUpperCase(Character.forDigit(octet >> 4, 16)));
    out.append(Character.toUpperCase(Character.forDigit(octet & 0xf, 16)));
  }
}
