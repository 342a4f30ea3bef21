package dev.sluice.gateway.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URLConnection;
import java.net.URLEncoder;
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
 * @param patience how long an answer may take
 */
record AdminQuery(URI admin, @Nullable String token, Duration patience) {
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
    return new AdminQuery(admin, token, ANSWER);
  }

  /** The same with less patience. */
  AdminQuery within(Duration less) {
    return new AdminQuery(admin, token, less);
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
    try {
      // Not java.net.http: it reads all certificates first, and a health check starts every half
      // minute.
      URLConnection opened = admin.resolve(target).toURL().openConnection(Proxy.NO_PROXY);
      if (!(opened instanceof HttpURLConnection connection)) {
        throw new Sluice.Refusal(admin + " is no address of HTTP");
      }
      connection.setRequestMethod(method);
      connection.setInstanceFollowRedirects(false);
      connection.setRequestProperty("accept", "*/*");
      connection.setConnectTimeout((int) CONNECT.toMillis());
      connection.setReadTimeout((int) patience.toMillis());
      for (int i = 0; i < headers.length; i += 2) {
        connection.setRequestProperty(headers[i], headers[i + 1]);
      }
      if (token != null) {
        connection.setRequestProperty("authorization", "Bearer " + token);
      }
      return answer(connection, body);
    } catch (ConnectException refused) {
      throw new Sluice.Refusal("nothing answers at " + admin);
    } catch (IOException failed) {
      throw new Sluice.Refusal(admin + " gives no answer of an admin API: " + failed.getMessage());
    }
  }

  private static Answer answer(HttpURLConnection connection, String body) throws IOException {
    try {
      if (!body.isEmpty()) {
        connection.setDoOutput(true);
        connection.setRequestProperty("content-type", "text/plain; charset=utf-8");
        try (OutputStream out = connection.getOutputStream()) {
          out.write(body.getBytes(StandardCharsets.UTF_8));
        }
      }
      int status = connection.getResponseCode();
      try (InputStream in =
          status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
        return new Answer(
            status, in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    } finally {
      connection.disconnect();
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
