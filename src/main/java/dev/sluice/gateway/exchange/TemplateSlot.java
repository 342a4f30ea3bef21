package dev.sluice.gateway.exchange;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One place of a template that a request fills. */
sealed interface TemplateSlot {
  /** The value as text or JSON; null when the request has none. */
  @Nullable Object value(TemplateValues request, TemplateBody body);

  /** The same, where a JSON null is a value and {@link #MISSING} stands for none. */
  default @Nullable Object find(TemplateValues request, TemplateBody body) {
    Object value = value(request, body);
    return value == null ? MISSING : value;
  }

  /** Whether its values are JSON; otherwise they are text. */
  default boolean json() {
    return false;
  }

  /** Not there. */
  Object MISSING = new Object();

  /** The value in a JSON value behind these steps; {@link #MISSING} when there is none. */
  static @Nullable Object walk(@Nullable Object from, List<String> steps) {
    Object at = from;
    for (String step : steps) {
      at = step(at, step);
    }
    return at;
  }

  private static @Nullable Object step(@Nullable Object at, String step) {
    if (at instanceof Map<?, ?> object) {
      Object value = object.get(step);
      return value == null && !object.containsKey(step) ? MISSING : value;
    }
    if (at instanceof List<?> array && step.length() <= 9 && digits(step)) {
      int index = Integer.parseInt(step);
      return index < array.size() ? array.get(index) : MISSING;
    }
    return MISSING;
  }

  private static boolean digits(String step) {
    for (int i = 0; i < step.length(); i++) {
      if (step.charAt(i) < '0' || step.charAt(i) > '9') {
        return false;
      }
    }
    return !step.isEmpty();
  }

  /** A parameter of the query, the first of its name, decoded. */
  record Query(String name) implements TemplateSlot {
    @Override
    public @Nullable Object value(TemplateValues request, TemplateBody body) {
      String query = request.query();
      if (query == null) {
        return null;
      }
      for (int from = 0; from <= query.length(); ) {
        int end = query.indexOf('&', from);
        end = end < 0 ? query.length() : end;
        int equals = query.indexOf('=', from);
        int nameEnd = equals < 0 || equals > end ? end : equals;
        if (decode(query.substring(from, nameEnd)).equals(name)) {
          return decode(query.substring(Math.min(nameEnd + 1, end), end));
        }
        from = end + 1;
      }
      return null;
    }

    private static String decode(String text) {
      try {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        return text; // a bad escape stands for itself
      }
    }
  }

  /** A parameter of the path or a regular expression's group. */
  record Path(int index, boolean rest) implements TemplateSlot {
    @Override
    public @Nullable Object value(TemplateValues request, TemplateBody body) {
      String[] values = request.pathValues();
      return index < values.length ? values[index] : null;
    }
  }

  /** A field of the body; no steps mean all of it. */
  record Body(List<String> steps) implements TemplateSlot {
    @Override
    public @Nullable Object value(TemplateValues request, TemplateBody body) {
      Object found = find(request, body);
      return found == MISSING ? null : found;
    }

    @Override
    public @Nullable Object find(TemplateValues request, TemplateBody body) {
      return walk(body.json(), steps);
    }

    @Override
    public boolean json() {
      return true;
    }
  }

  /** A value with a name of its own, or a field of it. */
  record Named(String name, List<String> steps) implements TemplateSlot {
    @Override
    public @Nullable Object value(TemplateValues request, TemplateBody body) {
      Object found = find(request, body);
      return found == MISSING ? null : found;
    }

    @Override
    public @Nullable Object find(TemplateValues request, TemplateBody body) {
      return walk(request.named(name), steps);
    }

    @Override
    public boolean json() {
      return true;
    }
  }

  /** A header's first value. */
  record Header(String name) implements TemplateSlot {
    @Override
    public @Nullable Object value(TemplateValues request, TemplateBody body) {
      return request.headers().get(name);
    }
  }

  /** A cookie's value (RFC 6265 §4.2), the first of its name. */
  record Cookie(String name) implements TemplateSlot {
    @Override
    public @Nullable Object value(TemplateValues request, TemplateBody body) {
      String cookies = request.headers().get("cookie");
      for (int from = 0; cookies != null && from < cookies.length(); ) {
        int end = cookies.indexOf(';', from);
        end = end < 0 ? cookies.length() : end;
        String pair = cookies.substring(from, end).strip();
        if (pair.length() > name.length()
            && pair.charAt(name.length()) == '='
            && pair.startsWith(name)) {
          return pair.substring(name.length() + 1);
        }
        from = end + 1;
      }
      return null;
    }
  }

  /** A fact of the request itself. */
  enum Fact implements TemplateSlot {
    METHOD,
    URL,
    PATH,
    HOST,
    ID,
    CLIENT,
    NOW;

    @Override
    public Object value(TemplateValues request, TemplateBody body) {
      return switch (this) {
        case METHOD -> request.method();
        case URL ->
            request.query() == null ? request.path() : request.path() + "?" + request.query();
        case PATH -> request.path();
        case HOST -> request.authority();
        case ID -> request.requestId();
        case CLIENT -> request.clientAddress();
        case NOW -> Instant.ofEpochMilli(request.startMillis()).toString();
      };
    }
  }
}
