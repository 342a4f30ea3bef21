package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.builtin.Page.Outcome;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The line of JSON that tells of a page.
 *
 * @param json with its line break
 * @param good whether the page is there, and what was wanted of it
 */
record PageLine(byte[] json, boolean good) {
  private static final Pattern CHARSET = Pattern.compile("(?i)charset=\"?([A-Za-z0-9._:-]+)");

  /** Of all fields but the URL and the body, names and all. */
  private static final int FIELDS_BYTES = 400;

  /** What the line of a page takes at most, its body left out. */
  static int bound(String url) {
    int bytes = FIELDS_BYTES;
    for (int i = 0; i < url.length(); i++) {
      char c = url.charAt(i);
      bytes += c < ' ' ? 6 : c == '"' || c == '\\' ? 2 : c < 0x80 ? 1 : 3;
    }
    return bytes;
  }

  /**
   * Writes it.
   *
   * @param room bytes that it may have; without its body it fits
   */
  static PageLine of(
      Page page, Outcome outcome, long tookMillis, FetchSettings settings, long room) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("url", page.url);
    line.put("status", outcome.status() == 0 ? null : outcome.status());
    line.put("contentLength", outcome.status() == 0 ? null : outcome.length());
    line.put("timestamp", page.startedAt == null ? null : page.startedAt.toString());
    line.put("responseTime", tookMillis);
    line.put("attempts", page.attempts);
    String error = outcome.error();
    Buffer body = outcome.body();
    if (body != null) {
      try {
        line.put("body", value(body, outcome.type(), settings));
      } catch (Failed notJson) {
        error = error == null ? Failure.INVALID_INPUT.reason() + ": the body is not JSON" : error;
      }
    }
    line.put("error", error);
    byte[] json = octets(line);
    if (json.length > room && line.containsKey("body")) {
      line.remove("body");
      error = Failure.ANSWER_TOO_LARGE.reason() + ": the result has no room for this body";
      line.put("error", error);
      json = octets(line);
    }
    return new PageLine(json, error == null);
  }

  private static byte[] octets(Map<String, @Nullable Object> line) {
    return (TemplateJson.write(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static @Nullable Object value(Buffer body, String type, FetchSettings settings) {
    if (settings.body() == FetchSettings.Body.TEXT) {
      return new String(body.getBytes(), charset(type));
    }
    Object json = TemplateJson.parse(body.getBytes());
    String select = settings.select();
    return select == null || select.isEmpty() ? json : part(json, select);
  }

  /** What a JSON Pointer points at, RFC 6901; null for nothing. */
  private static @Nullable Object part(@Nullable Object json, String pointer) {
    Object at = json;
    for (String name : pointer.substring(1).split("/", -1)) {
      String key = name.replace("~1", "/").replace("~0", "~");
      if (at instanceof Map<?, ?> map) {
        at = map.get(key);
      } else if (at instanceof List<?> list
          && key.matches("0|[1-9][0-9]{0,8}")
          && Integer.parseInt(key) < list.size()) {
        at = list.get(Integer.parseInt(key));
      } else {
        return null;
      }
    }
    return at;
  }

  private static Charset charset(String type) {
    Matcher named = CHARSET.matcher(type);
    try {
      return named.find() ? Charset.forName(named.group(1)) : StandardCharsets.UTF_8;
    } catch (IllegalArgumentException unknown) {
      return StandardCharsets.UTF_8;
    }
  }
}
