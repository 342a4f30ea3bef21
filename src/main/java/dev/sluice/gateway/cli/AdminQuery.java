package dev.sluice.gateway.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks the admin API of a running gateway.
 *
 * @param admin its address, as {@code http://127.0.0.1:9901}
 * @param token null when it asks for none
 */
record AdminQuery(URI admin, @Nullable String token) {
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** What that gateway would do with this request. */
  JsonObject explain(String method, String url, List<String> headers) {
    StringBuilder query =
        new StringBuilder("/explain?method=")
            .append(encoded(method))
            .append("&url=")
            .append(encoded(url));
    headers.forEach(header -> query.append("&header=").append(encoded(header)));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(admin.resolve(query.toString())).timeout(ANSWER);
    if (token != null) {
      request.header("authorization", "Bearer " + token);
    }
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build()) {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      JsonObject body = new JsonObject(response.body());
      if (response.statusCode() != 200) {
        throw new Sluice.Refusal(
            admin
                + " answers "
                + response.statusCode()
                + ": "
                + body.getString("detail", "no reason given"));
      }
      return body;
    } catch (ConnectException refused) {
      throw new Sluice.Refusal("nothing answers at " + admin);
    } catch (IOException | DecodeException failed) {
      throw new Sluice.Refusal(admin + " gives no answer of an admin API: " + failed.getMessage());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new Sluice.Refusal("interrupted");
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
