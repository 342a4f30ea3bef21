package dev.sluice.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks whether a simulation can run at all, before the load begins. */
final class FirstLook {
  private static final Duration CONNECT = Duration.ofSeconds(3);

  /** The embedded servers start with the first request. */
  private static final Duration ANSWER = Duration.ofSeconds(20);

  private static final String START = "start one: ./sluice run --config load-tests/sluice.yaml";

  private FirstLook() {}

  /** What is in the way of this simulation, as one line; empty when nothing is. */
  static Optional<String> finding(Plan plan) throws InterruptedException {
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build()) {
      for (String url : Given.urls()) {
        Optional<String> finding = routes(client, url, plan);
        if (finding.isPresent()) {
          return finding;
        }
      }
      return plan.admin() ? admin(client) : Optional.empty();
    }
  }

  private static Optional<String> routes(HttpClient client, String url, Plan plan)
      throws InterruptedException {
    List<String> missing = new ArrayList<>();
    for (String needed : plan.needed()) {
      String[] parts = needed.split(" ");
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(url + parts[1]))
              .timeout(ANSWER)
              .method(parts[0], BodyPublishers.noBody());
      try {
        HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
        // The problem's reason, since an upstream's own 404 says that the route is there.
        if (answer.body().contains("\"no_route\"")
            || answer.body().contains("\"method_not_allowed\"")) {
          missing.add(needed);
        }
      } catch (IOException e) {
        return Optional.of("nothing answers at " + url + "; " + START);
      }
    }
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            url
                + " has no route for "
                + String.join(", ", missing)
                + ", which "
                + plan.title()
                + " needs; "
                + START);
  }

  private static Optional<String> admin(HttpClient client) throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(Given.admin() + "/config/status")).timeout(ANSWER);
    if (!Given.token().isEmpty()) {
      request.header("authorization", "Bearer " + Given.token());
    }
    try {
      int status = client.send(request.build(), BodyHandlers.discarding()).statusCode();
      return status == 200
          ? Optional.empty()
          : Optional.of("the admin API at " + Given.admin() + " answers " + status);
    } catch (IOException e) {
      return Optional.of("no admin API answers at " + Given.admin() + " (--admin)");
    }
  }
}
