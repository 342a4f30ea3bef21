package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Admission.Refused;
import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestRulesTest {
  private static MultiMap headers(String... pairs) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap(); // checks nothing itself
    for (int i = 0; i < pairs.length; i += 2) {
      headers.add(pairs[i], pairs[i + 1]);
    }
    return headers;
  }

  private static Admission http1(String method, String target, String... pairs) {
    return RequestRules.check(false, false, method, target, null, headers(pairs));
  }

  private static Admission http2(@Nullable String authority, String... pairs) {
    return RequestRules.check(true, false, "GET", "/", authority, headers(pairs));
  }

  private static void assertRefused(Admission admission, Failure failure) {
    assertThat(admission)
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.failure()).isEqualTo(failure));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a.b",
        "a.b.",
        "a:1",
        "a:65535",
        "1.2.3.4:80",
        "[::1]",
        "[::1]:80",
        "[::ffff:1.2.3.4]",
        "a_b",
        "A-B"
      })
  void hostsThatNameOnePlacePass(String host) {
    assertThat(http1("GET", "/", "Host", host)).isInstanceOf(Admitted.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "a:",
        "a:0",
        "a:65536",
        "a:b",
        "a:1:2",
        "u@a",
        "a/b",
        ".",
        "a..b",
        ".a",
        "[]",
        "[1]",
        "[::1",
        "[::1]a",
        "[g::]",
        "[1:2:::3]",
        "[fe80::1%1]",
        "[1:2]",
        "a%41",
        "é"
      })
  void otherHostsDoNot(String host) {
    assertRefused(http1("GET", "/", "Host", host), Failure.BAD_REQUEST);
  }

  @ParameterizedTest
  @CsvSource({"Example.COM, example.com", "a:80, a", "[::A]:1, [::a]", "a.b., a.b", "a.b.:8, a.b"})
  void hostsAreComparedInLowerCaseWithoutPortAndLastDot(String given, String host) {
    assertThat(((Admitted) http1("GET", "/", "Host", given)).host()).isEqualTo(host);
    assertThat(((Admitted) http1("GET", "/", "Host", given)).authority()).isEqualTo(given);
  }

  @ParameterizedTest
  @CsvSource({
    "http://a/b?c, /b",
    "http://a, /",
    "http://a?c, /",
    "https://A/b, /b",
    "HTTP://a/, /",
    "http://a:80/b, /b",
    "https://a:443/, /"
  })
  void absoluteTargetsNameTheirHost(String target, String path) {
    assertThat(((Admitted) http1("GET", target, "Host", "a")).path()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://b/",
        "http://a:1/",
        "http://a:443/",
        "https://a:80/",
        "ftp://a/",
        "a",
        "",
        "*",
        "http://u@a/",
        "http:///",
        "//"
      })
  void targetsOfOtherFormsOrHostsAreRefused(String target) {
    if (target.equals("//")) {
      assertThat(http1("GET", target, "Host", "a")).isInstanceOf(Admitted.class);
    } else {
      assertRefused(http1("GET", target, "Host", "a"), Failure.BAD_REQUEST);
    }
  }

  @Test
  void methodsThatProxiesMustNotTakeAreRefused() {
    assertRefused(http1("TRACE", "/", "Host", "a"), Failure.METHOD_NOT_ALLOWED);
    assertRefused(http1("CONNECT", "a:1", "Host", "a:1"), Failure.NOT_IMPLEMENTED);
    assertRefused(http1("OPTIONS", "*", "Host", "a"), Failure.NOT_IMPLEMENTED);
  }

  /** RFC 9112 §6.3; the guard sees these first, this is the second line. */
  @Test
  void framingThatTwoServersCouldReadDifferentlyIsRefused() {
    for (String[] pairs :
        new String[][] {
          {"Transfer-Encoding", "chunked", "Content-Length", "1"},
          {"Transfer-Encoding", "gzip"},
          {"Transfer-Encoding", "gzip, chunked"},
          {"Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"},
          {"Content-Length", "1", "Content-Length", "1"},
          {"Content-Length", "+1"},
          {"Content-Length", ""},
          {"Content-Length", "1,1"},
          {"Content-Length", "1234567890123456789"},
        }) {
      MultiMap headers = headers(pairs).add("Host", "a");
      assertRefused(
          RequestRules.check(false, false, "POST", "/", null, headers), Failure.BAD_REQUEST);
    }
    assertRefused(
        RequestRules.check(false, true, "POST", "/", null, headers("Transfer-Encoding", "chunked")),
        Failure.BAD_REQUEST);
  }

  /** RFC 9113 §8.2.2, §8.3.1. */
  @Test
  void http2TakesNothingThatBelongsToAConnection() {
    for (String[] pairs :
        new String[][] {
          {"connection", "close"},
          {"proxy-connection", "x"},
          {"keep-alive", "x"},
          {"transfer-encoding", "chunked"},
          {"upgrade", "x"},
          {"te", "gzip"},
          {"content-length", "x"},
          {"host", "b"},
          {"x-a", "b\u0000"},
          {"x-a", "b\nc"},
        }) {
      assertRefused(http2("a", pairs), Failure.BAD_REQUEST);
    }
    assertRefused(http2(null), Failure.BAD_REQUEST);
    assertThat(http2("a", "te", "trailers")).isInstanceOf(Admitted.class);
    assertThat(http2("a", "host", "A")).isInstanceOf(Admitted.class);
    assertThat(((Admitted) http2(null, "host", "a")).host()).isEqualTo("a");
  }

  @Test
  void onlyOneThingCanBeExpectedAndOnlyByHttp11() {
    assertThat(http1("POST", "/", "Host", "a", "Expect", "100-Continue"))
        .isInstanceOf(Admitted.class);
    assertRefused(http1("POST", "/", "Host", "a", "Expect", "x"), Failure.EXPECTATION_FAILED);
    assertRefused(
        http1("POST", "/", "Host", "a", "Expect", "100-continue", "Expect", "x"),
        Failure.EXPECTATION_FAILED);
    MultiMap old = headers("Expect", "x");
    assertThat(RequestRules.check(false, true, "GET", "/", null, old)).isInstanceOf(Admitted.class);
    assertThat(old.contains("Expect")).isFalse();
  }

  @Test
  void hostIsNeededOnceExceptInHttp10() {
    assertRefused(http1("GET", "/"), Failure.BAD_REQUEST);
    assertRefused(http1("GET", "/", "Host", "a", "Host", "a"), Failure.BAD_REQUEST);
    assertThat(RequestRules.check(false, true, "GET", "/", null, headers()))
        .isInstanceOf(Admitted.class);
  }
}
