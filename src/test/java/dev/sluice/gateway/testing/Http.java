package dev.sluice.gateway.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A plain client, where the wire itself is not what is looked at. */
public final class Http implements AutoCloseable {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int port;

  private Http(int port) {
    this.port = port;
  }

  /** Asks this port of the loopback address. */
  public static Http to(int port) {
    return new Http(port);
  }

  /** An answer. */
  public record Answer(int status, String text, HttpResponse<String> whole) {
    public JsonObject json() {
      return new JsonObject(text);
    }

    public JsonArray array() {
      return new JsonArray(text);
    }

    /** The reason of a problem; empty when it has none. */
    public String reason() {
      return text.startsWith("{") ? json().getString("reason", "") : "";
    }

    /** The detail of a problem; empty when it has none. */
    public String detail() {
      return text.startsWith("{") ? json().getString("detail", "") : "";
    }
  }

  public Answer get(String target, String... headers) {
    return ask("GET", target, "", headers);
  }

  public Answer post(String target, String body, String... headers) {
    return ask("POST", target, body, headers);
  }

  public Answer ask(String method, String target, String body, String... headers) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
              .timeout(Duration.ofSeconds(30))
              .method(
                  method,
                  body.isEmpty()
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body));
      if (headers.length > 0) {
        request.headers(headers);
      }
      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body(), answer);
    } catch (IOException e) {
      throw new AssertionError(method + " " + target, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
