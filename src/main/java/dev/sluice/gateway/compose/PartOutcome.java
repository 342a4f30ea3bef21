package dev.sluice.gateway.compose;

import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.exchange.TemplateJson;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of a part.
 *
 * @param status of its answer, or of the failure
 * @param reason why it failed; null when it did not
 * @param detail one sentence more, where the gateway itself failed it
 * @param timeout whether it failed because it was late
 * @param value what templates see of it: status, headers, body; null when there is nothing to go on
 *     with
 */
record PartOutcome(
    int status,
    @Nullable String reason,
    @Nullable String detail,
    boolean timeout,
    @Nullable Map<String, Object> value) {
  /** The reason of a part whose upstream answered with an error. */
  static final String UPSTREAM_STATUS = "upstream_status";

  private static final int ERROR = 400;

  /** Of a call that has ended. */
  static PartOutcome of(InnerCall call, PlannedPart part) {
    Failure failure = call.failure();
    int status = failure == null ? call.status() : failure.status();
    if (failure == null && status < ERROR) {
      return new PartOutcome(
          status, null, null, false, value(status, headers(call), body(call.body())));
    }
    String reason = failure == null ? UPSTREAM_STATUS : failure.reason();
    String detail = failure == null ? null : call.exchange().failureDetail();
    return failed(part, status, reason, detail, failure != null && status == 504, headers(call));
  }

  /** Of a part that was not begun, or was ended from outside. */
  static PartOutcome of(Failure failure, @Nullable String detail, PlannedPart part) {
    int status = failure.status();
    return failed(part, status, failure.reason(), detail, status == 504, Map.of());
  }

  /** Of one that did not fail and has nothing: nobody needs it any more. */
  static PartOutcome givenUp() {
    return new PartOutcome(0, null, null, false, null);
  }

  private static PartOutcome failed(
      PlannedPart part,
      int status,
      String reason,
      @Nullable String detail,
      boolean timeout,
      Map<String, String> headers) {
    Map<String, @Nullable Object> instead = part.config().onFailure();
    String[] keys = {reason, Integer.toString(status), status / 100 + "xx"};
    for (String key : keys) {
      if (instead.containsKey(key)) {
        return new PartOutcome(status, null, null, false, value(status, headers, instead.get(key)));
      }
    }
    return new PartOutcome(
        status,
        reason,
        detail,
        timeout,
        part.needed() ? null : value(status, headers, part.config().otherwise()));
  }

  boolean failed() {
    return reason != null;
  }

  /** How it stands among the errors of an answer. */
  Map<String, Object> error() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("status", status);
    error.put("reason", String.valueOf(reason));
    return error;
  }

  private static Map<String, Object> value(
      int status, Map<String, String> headers, @Nullable Object body) {
    Map<String, @Nullable Object> value = new LinkedHashMap<>();
    value.put("status", status);
    value.put("headers", headers);
    value.put("body", body);
    return value;
  }

  private static Map<String, String> headers(InnerCall call) {
    Map<String, String> headers = new LinkedHashMap<>();
    call.headers()
        .forEach((name, value) ->
            headers.merge(name.toLowerCase(Locale.ROOT), value, (one, more) -> one + ", " + more));
    return headers;
  }

  /** JSON when it parses as JSON, otherwise a text. */
  static @Nullable Object body(Buffer body) {
    byte[] octets = body.getBytes();
    try {
      return TemplateJson.parse(octets);
    } catch (Failed noJson) {
      return new String(octets, StandardCharsets.UTF_8);
    }
  }
}
