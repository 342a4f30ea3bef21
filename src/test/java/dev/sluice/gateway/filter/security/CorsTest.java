package dev.sluice.gateway.filter.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.config.FilterConfig;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CorsTest {
  @Test
  void aPreflightOfAnAllowedOriginNamesMethodsHeadersAndAge() {
    MultiMap answer = cors(true, "https://a.example").preflight(preflight("https://a.example"));

    assertThat(answer.get("access-control-allow-origin")).isEqualTo("https://a.example");
    assertThat(answer.get("access-control-allow-credentials")).isEqualTo("true");
    assertThat(answer.get("access-control-allow-methods")).isEqualTo("GET, PUT");
    assertThat(answer.get("access-control-allow-headers")).isEqualTo("x-one");
    assertThat(answer.get("access-control-max-age")).isEqualTo("600");
    assertThat(answer.get("vary")).startsWith("Origin");
  }

  @Test
  void aForeignOriginGetsNoneOfTheHeaders() {
    MultiMap answer = cors(false, "https://a.example").preflight(preflight("https://b.example"));

    assertThat(answer.names()).containsExactly("vary");
  }

  @Test
  void aWildcardTakesSubdomainsOnly() {
    Cors cors = cors(false, "https://*.example.com");

    assertThat(cors.allowed("https://a.example.com")).isTrue();
    assertThat(cors.allowed("https://a.b.example.com")).isTrue();
    assertThat(cors.allowed("https://example.com")).isFalse();
    assertThat(cors.allowed("https://.example.com")).isFalse();
    assertThat(cors.allowed("http://a.example.com")).isFalse();
    assertThat(cors.allowed("https://evil.net/.example.com")).isFalse();
    assertThat(cors.allowed("https://a.example.com:8443")).isFalse();
    assertThat(cors.allowed("null")).isFalse();
  }

  @Test
  void answersVaryByOriginOnceAndLoseTheUpstreamsOwnHeaders() {
    MultiMap answer =
        MultiMap.caseInsensitiveMultiMap()
            .add("vary", "accept-encoding, origin")
            .add("access-control-allow-origin", "*");

    cors(false, "https://a.example").actual("https://b.example", answer);

    assertThat(answer.getAll("vary")).containsExactly("accept-encoding, origin");
    assertThat(answer.contains("access-control-allow-origin")).isFalse();
  }

  @Test
  void everyOriginGetsAStarAndNoVary() {
    MultiMap answer = MultiMap.caseInsensitiveMultiMap();

    cors(false, "*").actual("https://b.example", answer);

    assertThat(answer.get("access-control-allow-origin")).isEqualTo("*");
    assertThat(answer.get("access-control-expose-headers")).isEqualTo("x-two");
    assertThat(answer.contains("vary")).isFalse();
  }

  @Test
  void credentialsForEveryOriginAreRefused() {
    assertThatThrownBy(() -> cors(true, "*")).hasMessageContaining("name the origins");
  }

  private static MultiMap preflight(String origin) {
    return MultiMap.caseInsensitiveMultiMap()
        .add("origin", origin)
        .add("access-control-request-method", "PUT");
  }

  private static Cors cors(boolean credentials, String origin) {
    return new Cors(
        new FilterConfig.Cors(
            List.of(origin),
            List.of("GET", "PUT"),
            List.of("x-one"),
            List.of("x-two"),
            credentials,
            Duration.ofMinutes(10)));
  }
}
