package dev.sluice.gateway.compose;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.HopByHop;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One element of a batch: {@code {id, method, path, params, headers, body}}. What it does not say
 * is as in the batch's own request: its caller, its host, its headers but for those of the body.
 */
final class BatchElement {
  // RFC 9110 §5.6.2
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}");

  /** What belongs to the batch's request and not to an element. */
  private static final List<String> OWN =
      List.of(
          "accept",
          "accept-encoding",
          "content-encoding",
          "content-language",
          "content-length",
          "content-type",
          "expect",
          "host",
          "idempotency-key",
          "if-match",
          "if-modified-since",
          "if-none-match",
          "if-range",
          "if-unmodified-since",
          "origin",
          "range");

  /** What frames or addresses a message is not an element's to say. */
  private static final Set<String> REFUSED =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private BatchElement() {}

  /** Its id as it was given; null when it has none. */
  static @Nullable Object id(@Nullable Object element) {
    return element instanceof Map<?, ?> map ? map.get("id") : null;
  }

  /**
   * What it asks.
   *
   * @throws Failed {@code BAD_REQUEST} with what is wrong with it
   */
  static InnerCall.Ask ask(@Nullable Object element, Exchange batch) {
    if (!(element instanceof Map<?, ?> map)) {
      throw bad("an element is a JSON object");
    }
    MultiMap headers = HttpHeaders.headers().addAll(batch.requestHeaders());
    OWN.forEach(headers::remove);
    HopByHop.strip(headers);
    headers(map.get("headers"), headers);
    Object method = map.get("method");
    if (method != null && !(method instanceof String name && TOKEN.matcher(name).matches())) {
      throw bad("method is no method");
    }
    return new InnerCall.Ask(
        HttpMethod.valueOf(method == null ? "GET" : method.toString()),
        target(map),
        headers,
        body(map.get("body"), headers));
  }

  private static String target(Map<?, ?> element) {
    Object path = element.get("path");
    if (!(path instanceof String text) || !text.startsWith("/")) {
      throw bad("path is missing or does not begin with a slash");
    }
    Object params = element.get("params");
    if (params == null) {
      return text;
    }
    if (!(params instanceof Map<?, ?> map)) {
      throw bad("params is no object");
    }
    StringBuilder target = new StringBuilder(text);
    char separator = text.indexOf('?') < 0 ? '?' : '&';
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      List<?> values = entry.getValue() instanceof List<?> many ? many : one(entry.getValue());
      for (Object value : values) {
        if (value instanceof Map<?, ?> || value instanceof List<?>) {
          throw bad("params." + entry.getKey() + " is neither a value nor a list of values");
        }
        target.append(separator).append(encoded(entry.getKey()));
        if (value != null) {
          target.append('=').append(encoded(value));
        }
        separator = '&';
      }
    }
    return target.toString();
  }

  private static List<@Nullable Object> one(@Nullable Object value) {
    return java.util.Collections.singletonList(value);
  }

  private static String encoded(@Nullable Object value) {
    return URLEncoder.encode(String.valueOf(value), StandardCharsets.UTF_8);
  }

  private static void headers(@Nullable Object given, MultiMap headers) {
    if (given == null) {
      return;
    }
    if (!(given instanceof Map<?, ?> map)) {
      throw bad("headers is no object");
    }
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String name = String.valueOf(entry.getKey());
      Object value = entry.getValue();
      if (!TOKEN.matcher(name).matches() || REFUSED.contains(name.toLowerCase(Locale.ROOT))) {
        throw bad("headers: " + TemplateJson.write(name) + " cannot be set");
      }
      if (value == null || value instanceof Map<?, ?> || value instanceof List<?>) {
        throw bad("headers." + name + " is no text");
      }
      String text = value.toString();
      if (text.chars().anyMatch(c -> (c < ' ' && c != '\t') || c >= 0x7f)) {
        throw bad("headers." + name + " holds a character that headers cannot have");
      }
      headers.set(name, text);
    }
  }

  /** A body that is written already. */
  private record Written(Buffer octets) {}

  /**
   * Writes the bodies of elements ahead, where that costs no event loop anything.
   *
   * @param batch what was read; its objects are changed
   */
  @SuppressWarnings("unchecked") // what was read of JSON has texts for names
  static void writeBodies(@Nullable Object batch) {
    if (batch instanceof List<?> elements) {
      for (Object element : elements) {
        if (element instanceof Map<?, ?> map
            && (map.get("body") instanceof Map<?, ?> || map.get("body") instanceof List<?>)) {
          Buffer octets = Buffer.buffer(TemplateJson.write(map.get("body")));
          ((Map<String, Object>) map).put("body", new Written(octets));
        }
      }
    }
  }

  private static @Nullable Buffer body(@Nullable Object body, MultiMap headers) {
    if (body == null) {
      return null;
    }
    boolean text = body instanceof String;
    if (!headers.contains(HttpHeaders.CONTENT_TYPE)) {
      headers.set(
          HttpHeaders.CONTENT_TYPE, text ? "text/plain; charset=utf-8" : "application/json");
    }
    if (body instanceof Written written) {
      return written.octets();
    }
    return Buffer.buffer(text ? body.toString() : TemplateJson.write(body));
  }

  private static Failed bad(String sentence) {
    return new Failed(Failure.BAD_REQUEST, sentence);
  }
}
