package dev.sluice.gateway.embedded;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events (WHATWG HTML §9.2): {@code n} of them (1 to 100,000, 5 unless told), the first
 * at once and the others {@code interval} apart (1ms to 60s, 200ms unless told), then the end. A
 * client that leaves or does not read stops the clock.
 */
final class EventStream {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,5})(ms|s)");
  private static final long MAX_MILLIS = 60_000;
  private static final int MAX_EVENTS = 100_000;

  private final Vertx vertx;
  private final HttpServerResponse response;
  private final int last;
  private final long millis;
  private int sent;
  private boolean over;

  private EventStream(Vertx vertx, HttpServerResponse response, int last, long millis) {
    this.vertx = vertx;
    this.response = response;
    this.last = last;
    this.millis = millis;
  }

  static void answer(Vertx vertx, HttpServerRequest request) {
    int events = events(request.getParam("n"));
    long millis = millis(request.getParam("interval"));
    if (events < 0 || millis < 0) {
      JsonObject error =
          new JsonObject().put("error", "n is 1 to 100000, interval 1ms to 60s, such as 200ms");
      EmbeddedEcho.json(request.response(), 400, error.toBuffer());
      return;
    }
    EventStream stream = new EventStream(vertx, request.response(), events, millis);
    request
        .response()
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("cache-control", "no-store")
        .exceptionHandler(gone -> stream.over = true)
        .closeHandler(gone -> stream.over = true);
    stream.send();
  }

  private void send() {
    if (over) {
      return;
    }
    if (response.writeQueueFull()) {
      response.drainHandler(drained -> send());
      return;
    }
    sent++;
    response
        .write("id: " + sent + "\nevent: tick\ndata: {\"n\":" + sent + "}\n\n")
        .onFailure(gone -> over = true);
    if (sent == last) {
      over = true;
      response.end().onFailure(gone -> {});
    } else {
      vertx.setTimer(millis, fired -> send());
    }
  }

  /** The number of events, or -1. */
  private static int events(@Nullable String text) {
    if (text == null) {
      return 5;
    }
    boolean number =
        !text.isEmpty() && text.length() <= 6 && text.chars().allMatch(Character::isDigit);
    int events = number ? Integer.parseInt(text) : -1;
    return events >= 1 && events <= MAX_EVENTS ? events : -1;
  }

  /** The interval in milliseconds, or -1. */
  private static long millis(@Nullable String text) {
    if (text == null) {
      return 200;
    }
    Matcher duration = DURATION.matcher(text);
    if (!duration.matches()) {
      return -1;
    }
    long millis = Long.parseLong(duration.group(1)) * (duration.group(2).equals("s") ? 1000 : 1);
    return millis >= 1 && millis <= MAX_MILLIS ? millis : -1;
  }
}
