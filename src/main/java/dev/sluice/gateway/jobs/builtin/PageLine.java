package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.builtin.Page.Outcome;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The line of JSON that tells of a page. Any thread. */
final class PageLine {
  private static final Pattern CHARSET = Pattern.compile("(?i)charset=\"?([A-Za-z0-9._:-]+)");

  private PageLine() {}

  /**
   * Writes it, with its line break.
   *
   * @param room bytes that are left for its body
   */
  static byte[] of(Page page, Outcome outcome, long tookMillis, FetchSettings settings, long room) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("url", page.url);
    line.put("status", outcome.status() == 0 ? null : outcome.status());
    line.put("contentLength", outcome.status() == 0 ? null : outcome.length());
    line.put("timestamp", page.startedAt == null ? null : page.startedAt.toString());
    line.put("responseTime", tookMillis);
    line.put("attempts", page.attempts);
    String error = outcome.error();
    Buffer body = outcome.body();
    if (body != null && body.length() > room) {
      error = "the result is full: there was no room for this body";
    } else if (body != null) {
      try {
        line.put("body", value(body, outcome.type(), settings));
      } catch (Failed notJson) {
        error = error == null ? Failure.INVALID_INPUT.reason() + ": the body is not JSON" : error;
      }
    }
    line.put("error", error);
    byte[] json = TemplateJson.write(line).getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(json, json.length + 1);
    whole[json.length] = '\n';
    return whole;
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
