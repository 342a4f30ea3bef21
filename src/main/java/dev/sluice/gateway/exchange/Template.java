package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A text with places that a request fills: {@code {query.name|World}}, {@code {path.id}}, {@code
 * {path.*}}, {@code {body.a.0}}, {@code {header.x}}, {@code {cookie.x}}, {@code {request.method}},
 * {@code {request.url}} (path and query), {@code {request.path}}, {@code {request.host}}, {@code
 * {request.id}}, {@code {client.address}}, {@code {now}}; {@code {1}} is a regular expression's
 * group. A {@link TemplateType} follows a colon, as in {@code {query.limit:int|20}}. What follows a
 * bar stands in for a missing value; a brace itself is written twice.
 *
 * <p>A missing value without default is empty in text and null in JSON. Immutable; any thread.
 */
public final class Template {
  private final Part[] parts;
  private final @Nullable String constant;
  private final boolean needsBody;

  /**
   * Literal text, or a slot.
   *
   * @param slot null for a literal
   * @param name what the slot is called in the file, for messages
   * @param type null for any
   * @param fallback stands in for a missing value; null for none
   */
  record Part(
      String literal,
      @Nullable TemplateSlot slot,
      String name,
      @Nullable TemplateType type,
      @Nullable String fallback) {
    static Part literal(String text) {
      return new Part(text, null, "", null, null);
    }

    /** The value, typed; null for a missing one without default. */
    @Nullable Object value(TemplateSlot from, TemplateValues request, TemplateBody body) {
      Object value = from.value(request, body);
      if (value == null) {
        return otherwise();
      }
      return type == null ? value : type.of(value, from.json(), name);
    }

    /** The default as it stands there, typed; null for none, and where a typed one says so. */
    private @Nullable Object otherwise() {
      if (type == null || fallback == null) {
        return fallback;
      }
      return fallback.equals("null") ? null : type.of(fallback, false, name);
    }

    /** The same where a missing value is a fault of the request, and null is one. */
    @Nullable Object required(TemplateSlot from, TemplateValues request, TemplateBody body) {
      Object given = found(from, request, body);
      Object value =
          given == TemplateSlot.MISSING
              ? otherwise()
              : (type == null ? TemplateType.TEXT : type).of(given, from.json(), name);
      return type == TemplateType.JSON && value != null ? new JsonValue(value) : value;
    }

    /** Looks whether the request has the value, and whether it fits. */
    void demand(TemplateSlot from, TemplateValues request, TemplateBody body) {
      Object value = found(from, request, body);
      if (value != TemplateSlot.MISSING && type != null) {
        type.of(value, from.json(), name);
      }
    }

    private @Nullable Object found(TemplateSlot from, TemplateValues request, TemplateBody body) {
      Object value = from.find(request, body);
      if (value == TemplateSlot.MISSING && fallback == null) {
        throw new Failed(Failure.INVALID_INPUT, name + " is missing");
      }
      return value;
    }
  }

  private Template(List<Part> parts) {
    this.parts = parts.toArray(new Part[0]);
    boolean body = false;
    boolean fixed = true;
    StringBuilder text = new StringBuilder();
    for (Part part : parts) {
      body |= part.slot() instanceof TemplateSlot.Body;
      fixed &= part.slot() == null;
      text.append(part.literal());
    }
    this.needsBody = body;
    this.constant = fixed ? text.toString() : null;
  }

  /**
   * Compiles a template.
   *
   * @throws TemplateFault when it cannot be read or names what the scope has not
   */
  public static Template compile(String text, TemplateScope scope) {
    return new Template(new TemplateParser(text, scope).parse());
  }

  /** Whether rendering asks for the request's body. */
  public boolean needsBody() {
    return needsBody;
  }

  /** The text when no request changes it; otherwise null. */
  public @Nullable String constant() {
    return constant;
  }

  /** The literal text ahead of the first slot. */
  public String prefix() {
    return parts.length == 0 || parts[0].slot() != null ? "" : parts[0].literal();
  }

  /** As text, values as they are. */
  public String text(TemplateValues request, TemplateBody body) {
    if (constant != null) {
      return constant;
    }
    StringBuilder out = new StringBuilder();
    for (Part part : parts) {
      out.append(part.slot() == null ? part.literal() : shown(part, part.slot(), request, body));
    }
    return out.toString();
  }

  /** As HTML: in values, the five characters that mean something there are escaped. */
  public String html(TemplateValues request, TemplateBody body) {
    if (constant != null) {
      return constant;
    }
    StringBuilder out = new StringBuilder();
    for (Part part : parts) {
      if (part.slot() == null) {
        out.append(part.literal());
      } else {
        escapeHtml(shown(part, part.slot(), request, body), out);
      }
    }
    return out.toString();
  }

  /**
   * As a JSON value: that of the body's field when the template is nothing but it, otherwise a
   * string.
   */
  public @Nullable Object json(TemplateValues request, TemplateBody body) {
    if (parts.length == 1) {
      TemplateSlot slot = parts[0].slot();
      if (slot != null && (slot.json() || parts[0].type() != null)) {
        return parts[0].value(slot, request, body);
      }
    }
    return text(request, body);
  }

  /**
   * As a value for a database: of the slot's type when the template is nothing but it, otherwise a
   * text. Untyped values are text, those of type {@code json} a {@link JsonValue}.
   *
   * @throws Failed {@code INVALID_INPUT} when the request lacks a value that has no default, and
   *     when one does not fit its type
   */
  public @Nullable Object parameter(TemplateValues request, TemplateBody body) {
    if (parts.length == 1 && parts[0].slot() != null) {
      return parts[0].required(parts[0].slot(), request, body);
    }
    StringBuilder out = new StringBuilder();
    for (Part part : parts) {
      Object value =
          part.slot() == null ? part.literal() : part.required(part.slot(), request, body);
      out.append(value == null ? "" : TemplateJson.plain(value));
    }
    return out.toString();
  }

  /**
   * Looks whether the request has all that this asks of it; named values are not looked at.
   *
   * @throws Failed {@code INVALID_INPUT} as {@link #parameter} does
   */
  public void demand(TemplateValues request, TemplateBody body) {
    for (Part part : parts) {
      if (part.slot() != null && !(part.slot() instanceof TemplateSlot.Named)) {
        part.demand(part.slot(), request, body);
      }
    }
  }

  /** The first names of the named values that it asks for; see {@link TemplateScope#names()}. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (Part part : parts) {
      if (part.slot() instanceof TemplateSlot.Named named) {
        names.add(named.name());
      }
    }
    return names;
  }

  /** What it asks for, as the file names it. */
  public List<String> fields() {
    return Stream.of(parts).filter(part -> part.slot() != null).map(Part::name).toList();
  }

  /** Whether a named value may not be called so, since a template would mean something else. */
  public static boolean reserved(String name) {
    return TemplateParser.ROOTS.contains(name);
  }

  /**
   * As a header's value: control characters (RFC 9110 §5.5), CR and LF among them, become spaces.
   */
  public String header(TemplateValues request, TemplateBody body) {
    String text = text(request, body);
    for (int i = 0; i < text.length(); i++) {
      if (control(text.charAt(i))) {
        StringBuilder clean = new StringBuilder(text);
        for (int j = i; j < clean.length(); j++) {
          if (control(clean.charAt(j))) {
            clean.setCharAt(j, ' ');
          }
        }
        return clean.toString();
      }
    }
    return text;
  }

  /**
   * As a path or URL: values are percent-encoded (RFC 3986 §3.3) so that they stay within their
   * segment; only the rest of the path and the request's own path and URL keep their slashes.
   */
  public String path(TemplateValues request, TemplateBody body) {
    if (constant != null) {
      return constant;
    }
    StringBuilder out = new StringBuilder();
    for (Part part : parts) {
      TemplateSlot slot = part.slot();
      if (slot == null) {
        out.append(part.literal());
      } else if (slot == TemplateSlot.Fact.PATH || slot == TemplateSlot.Fact.URL) {
        out.append(shown(part, slot, request, body)); // encoded already
      } else {
        boolean rest = slot instanceof TemplateSlot.Path path && path.rest();
        String encoded = rest ? request.rest() : null;
        if (encoded != null) {
          out.append(encoded); // also an encoded slash stays one
        } else {
          encode(shown(part, slot, request, body), rest, out);
        }
      }
    }
    String path = out.toString();
    if (climbs(path)) {
      throw new Failed(Failure.INVALID_INPUT, "a value makes a dot segment of the path");
    }
    return path;
  }

  /**
   * Whether a segment ahead of the query is {@code .} or {@code ..}, which would lead elsewhere.
   */
  private static boolean climbs(String path) {
    int end = path.indexOf('?');
    end = end < 0 ? path.length() : end;
    for (int from = path.indexOf("/."); from >= 0 && from < end; from = path.indexOf("/.", from)) {
      int at = from + 2;
      if (at < end && path.charAt(at) == '.') {
        at++;
      }
      if (at >= end || path.charAt(at) == '/') {
        return true;
      }
      from = at;
    }
    return false;
  }

  private static String shown(
      Part part, TemplateSlot slot, TemplateValues request, TemplateBody body) {
    Object value = part.value(slot, request, body);
    return value == null ? "" : TemplateJson.plain(value);
  }

  private static boolean control(char c) {
    return (c < ' ' && c != '\t') || c == 0x7f;
  }

  private static void escapeHtml(String text, StringBuilder out) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
  }

  private static void encode(String text, boolean slashes, StringBuilder out) {
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (letter
          || "-._~!$'()*,;:@".indexOf(c) >= 0
          || (slashes && (c == '/' || c == '&' || c == '='))) {
        out.append(c);
      } else {
        out.append('%')
            .append("0123456789ABCDEF".charAt(c >> 4))
            .append("0123456789ABCDEF".charAt(c & 15));
      }
    }
  }
}
