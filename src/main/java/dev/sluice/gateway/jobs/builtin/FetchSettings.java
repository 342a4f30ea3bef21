package dev.sluice.gateway.jobs.builtin;

import dev.sluice.gateway.config.Cidr;
import dev.sluice.gateway.config.Units;
import dev.sluice.gateway.resilience.Backoff;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route's {@code with} says to {@code bulk-fetch}.
 *
 * @param concurrency pages under way at once
 * @param perHost of them at one host
 * @param spacingNanos from one call to the next, over all hosts; 0 for none
 * @param delayNanos from one call to the next at one host, half of it more or less; 0 for none
 * @param attempts all of them, the first included
 * @param timeoutNanos of one attempt
 * @param maxUrls more are refused
 * @param maxBody bytes of one page
 * @param redirects that are followed
 * @param body what is kept of a page
 * @param select JSON Pointer (RFC 6901) of the part that is kept; null for the whole
 */
record FetchSettings(
    FetchTargets targets,
    int concurrency,
    int perHost,
    long spacingNanos,
    long delayNanos,
    int attempts,
    Backoff backoff,
    long timeoutNanos,
    int maxUrls,
    long maxBody,
    int redirects,
    Body body,
    @Nullable String select) {

  /** What is kept of a page. */
  enum Body {
    NONE,
    TEXT,
    JSON
  }

  /** JSON Schema of the settings. */
  static final String SCHEMA =
      """
      {"type": "object", "additionalProperties": false, "required": ["allow"], "properties": {
        "allow": {"type": "array", "minItems": 1, "items": {"type": "string",
          "pattern": "^(\\\\*\\\\.)?([A-Za-z0-9._-]+|\\\\[[0-9A-Fa-f:.]+\\\\])(:([0-9]{1,5}|\\\\*))?$"}},
        "private": {"type": "array", "items": {"type": "string", "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"}},
        "concurrency": {"type": "integer", "minimum": 1, "maximum": 1000},
        "perHost": {"type": "integer", "minimum": 1, "maximum": 1000},
        "rate": {"type": "string", "pattern": "^[1-9][0-9]{0,8}/(s|m|h|d)$"},
        "delay": {"$ref": "#/$defs/duration"},
        "attempts": {"type": "integer", "minimum": 1, "maximum": 10},
        "backoff": {"type": "string", "pattern": "^[0-9]{1,9}(ms|s|m)\\\\.\\\\.[0-9]{1,9}(ms|s|m)$"},
        "timeout": {"$ref": "#/$defs/duration"},
        "maxUrls": {"type": "integer", "minimum": 1, "maximum": 100000},
        "maxBody": {"type": "string", "pattern": "^[1-9][0-9]{0,9}(B|KiB|MiB)$"},
        "redirects": {"type": "integer", "minimum": 0, "maximum": 10},
        "body": {"enum": ["none", "text", "json"]},
        "select": {"type": "string", "pattern": "^(/.*)?$"}},
       "$defs": {"duration": {"type": "string", "pattern": "^[0-9]{1,9}(ms|s|m)$"}}}\
      """;

  /**
   * Reads settings that fit the schema.
   *
   * @throws IllegalArgumentException when they make no sense
   */
  static FetchSettings of(Map<String, @Nullable Object> with) {
    Body body = Body.valueOf(text(with, "body", "text").toUpperCase(java.util.Locale.ROOT));
    Object select = with.get("select");
    if (select != null && body != Body.JSON) {
      throw new IllegalArgumentException("select: belongs to body: json");
    }
    long timeout = nanos(text(with, "timeout", "10s"));
    if (timeout == 0) {
      throw new IllegalArgumentException("timeout: is 0");
    }
    String[] backoff = text(with, "backoff", "100ms..2s").split("\\.\\.", 2);
    if (nanos(backoff[0]) > nanos(backoff[1])) {
      throw new IllegalArgumentException("backoff: begins above its end");
    }
    return new FetchSettings(
        FetchTargets.of(list(with, "allow"), list(with, "private")),
        number(with, "concurrency", 30),
        number(with, "perHost", 10),
        with.containsKey("rate") ? Units.rate(text(with, "rate", "")).spacingNanos() : 0,
        nanos(text(with, "delay", "0ms")),
        number(with, "attempts", 3),
        new Backoff.Exponential(nanos(backoff[0]), nanos(backoff[1])),
        timeout,
        number(with, "maxUrls", 1_000),
        Units.bytes(text(with, "maxBody", "256KiB")),
        number(with, "redirects", 0),
        body,
        select == null ? null : select.toString());
  }

  private static int number(Map<String, @Nullable Object> with, String name, int standard) {
    return with.get(name) instanceof Number number ? number.intValue() : standard;
  }

  private static String text(Map<String, @Nullable Object> with, String name, String standard) {
    Object value = with.get(name);
    return value == null ? standard : value.toString();
  }

  private static long nanos(String duration) {
    return Units.duration(duration).toNanos();
  }

  private static List<String> list(Map<String, @Nullable Object> with, String name) {
    return with.get(name) instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of();
  }

  /** The addresses of a list. */
  static List<Cidr> blocks(List<String> texts) {
    return texts.stream().map(Cidr::parse).toList();
  }
}
