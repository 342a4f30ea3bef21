package dev.sluice.gateway.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/** Asks the admin API of a gateway in this process; a connection a question. */
public final class AdminClient {
  private final int port;

  /** The one at this port of the loopback address. */
  public AdminClient(int port) {
    this.port = port;
  }

  /** The one of this gateway. */
  public static AdminClient of(RunningGateway gateway) {
    return new AdminClient(gateway.adminPort());
  }

  /** What it said. */
  public record Answer(int status, String text) {
    /** The body as a JSON object. */
    public JsonObject json() {
      return new JsonObject(text);
    }

    /** The body as a JSON array. */
    public JsonArray array() {
      return new JsonArray(text);
    }
  }

  public Answer get(String target) throws IOException {
    return ask("GET", target);
  }

  public Answer post(String target) throws IOException {
    return ask("POST", target);
  }

  /** Any method, without a body. */
  public Answer ask(String method, String target) throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      http.socket().setSoTimeout(30_000);
      RawHttp.Answer answer =
          http.send(
                  method
                      + " "
                      + target
                      + " HTTP/1.1\r\nHost: localhost:"
                      + port
                      + "\r\nContent-Length: 0\r\n\r\n")
              .read();
      return new Answer(answer.status(), answer.text());
    }
  }
}
