package dev.sluice.load;

import static io.gatling.javaapi.http.HttpDsl.http;

import io.gatling.javaapi.http.HttpRequestActionBuilder;

/** Requests to the admin API. */
final class Operator {
  private Operator() {}

  static HttpRequestActionBuilder get(String name, String path) {
    return authorized(http(name).get(Given.admin() + path));
  }

  static HttpRequestActionBuilder post(String name, String path) {
    return authorized(http(name).post(Given.admin() + path));
  }

  static HttpRequestActionBuilder put(String name, String path) {
    return authorized(http(name).put(Given.admin() + path));
  }

  private static HttpRequestActionBuilder authorized(HttpRequestActionBuilder request) {
    String token = Given.token();
    return token.isEmpty() ? request : request.header("authorization", "Bearer " + token);
  }
}
