package dev.sluice.gateway.embedded;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Gives a request back as JSON: {@code method}, {@code path}, {@code query}, {@code protocol},
 * {@code headers} (names in lower case, each with the list of its values), {@code bodyBytes} and
 * the body, as text in {@code body} when it is UTF-8 and else in {@code bodyBase64}. Bodies above
 * 10 MiB are refused with 413.
 */
final class RequestMirror {
  private static final int BODY_BYTES = 10 << 20;

  private final HttpServerRequest request;
  private final Buffer body = Buffer.buffer();
  private boolean refused;

  private RequestMirror(HttpServerRequest request) {
    this.request = request;
  }

  static void reflect(HttpServerRequest request) {
    RequestMirror mirror = new RequestMirror(request);
    request.handler(mirror::take);
    request.exceptionHandler(gone -> {});
    request.endHandler(end -> mirror.answer());
  }

  private void take(Buffer chunk) {
    if (refused) {
      return;
    }
    if (body.length() + chunk.length() > BODY_BYTES) {
      refused = true;
      request.response().putHeader("connection", "close");
      Buffer error = new JsonObject().put("error", "body above 10 MiB").toBuffer();
      EmbeddedEcho.json(request.response(), 413, error);
      return;
    }
    body.appendBuffer(chunk);
  }

  private void answer() {
    if (refused) {
      return;
    }
    JsonObject headers = new JsonObject();
    request
        .headers()
        .forEach((name, value) -> {
          String key = name.toLowerCase(Locale.ROOT);
          JsonArray values = headers.getJsonArray(key, new JsonArray());
          headers.put(key, values.add(value));
        });
    JsonObject told =
        new JsonObject()
            .put("method", request.method().name())
            .put("path", request.path())
            .put("query", request.query())
            .put("protocol", request.version().alpnName())
            .put("headers", headers)
            .put("bodyBytes", body.length());
    String text = text(body.getBytes());
    if (text == null) {
      told.put("bodyBase64", Base64.getEncoder().encodeToString(body.getBytes()));
    } else {
      told.put("body", text);
    }
    EmbeddedEcho.json(request.response(), 200, told.toBuffer());
  }

  private static @Nullable String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException binary) {
      return null;
    }
  }
}
