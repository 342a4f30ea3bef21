package dev.sluice.gateway.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
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
import picocli.CommandLine;

/**
 * Asks the admin API of a running gateway.
 *
 * @param admin its address, as {@code http://127.0.0.1:9901}
 * @param token null when it asks for none
 */
record AdminQuery(URI admin, @Nullable String token) {
  private static final Duration CONNECT = Duration.ofSeconds(3);

  /** Longer than a new configuration may take. */
  private static final Duration ANSWER = Duration.ofSeconds(40);

  /** An answer. */
  record Answer(int status, String text) {
    boolean good() {
      return status == 200;
    }

    /** What a problem says of all that is wrong; empty when it says nothing of the kind. */
    List<String> errors() {
      return json().getJsonArray("errors", new JsonArray()).stream().map(String::valueOf).toList();
    }

    JsonObject json() {
      return new JsonObject(text);
    }

    JsonArray array() {
      return new JsonArray(text);
    }
  }

  /** The one at this address, which must be one of HTTP. */
  static AdminQuery of(URI admin, @Nullable String token, CommandLine command) {
    if (admin.getHost() == null
        || admin.getScheme() == null
        || !admin.getScheme().startsWith("http")) {
      throw new CommandLine.ParameterException(
          command,
          "--admin takes an address such as http://127.0.0.1:9901, not \"" + admin + "\".");
    }
    return new AdminQuery(admin, token);
  }

  /** What that gateway would do with this request. */
  JsonObject explain(String method, String url, List<String> headers) {
    StringBuilder query =
        new StringBuilder("/explain?method=")
            .append(encoded(method))
            .append("&url=")
            .append(encoded(url));
    headers.forEach(header -> query.append("&header=").append(encoded(header)));
    return get(query.toString()).json();
  }

  /** The answer to a GET, which must be good. */
  Answer get(String target) {
    return good(ask("GET", target, ""));
  }

  /** The same answer, unless it tells of a problem. */
  Answer good(Answer answer) {
    if (answer.good()) {
      return answer;
    }
    String detail;
    try {
      detail = answer.json().getString("detail", "no reason given");
    } catch (DecodeException other) {
      throw new Sluice.Refusal(admin + " gives no answer of an admin API: " + answer.status());
    }
    throw new Sluice.Refusal(admin + " answers " + answer.status() + ": " + detail);
  }

  /**
   * Any question.
   *
   * @param headers names and values in turn
   */
  Answer ask(String method, String target, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(admin.resolve(target))
            .timeout(ANSWER)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
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
      return new Answer(response.statusCode(), response.body());
    } catch (ConnectException refused) {
      throw new Sluice.Refusal("nothing answers at " + admin);
    } catch (IOException | DecodeException failed) {
      throw new Sluice.Refusal(admin + " gives no answer of an admin API: " + failed.getMessage());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new Sluice.Refusal("interrupted");
    }
  }

  /** A query string of names and values in turn; those without a value are left out. */
  static String query(@Nullable String... parts) {
    StringBuilder query = new StringBuilder();
    for (int i = 0; i < parts.length; i += 2) {
      String value = parts[i + 1];
      if (value != null) {
        query
            .append(query.isEmpty() ? '?' : '&')
            .append(parts[i])
            .append('=')
            .append(encoded(value));
      }
    }
    return query.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
