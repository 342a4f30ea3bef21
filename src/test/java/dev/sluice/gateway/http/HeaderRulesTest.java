package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.failure.Failure;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderRulesTest {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static MultiMap headers(String... pairs) {
    MultiMap headers = HttpHeaders.headers();
    for (int i = 0; i < pairs.length; i += 2) {
      headers.add(pairs[i], pairs[i + 1]);
    }
    return headers;
  }

  /** Walks from the right while the addresses are trusted proxies. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1.1.1.1; 1.1.1.1",
        "1.1.1.1, 10.0.0.2; 1.1.1.1",
        "9.9.9.9, 1.1.1.1, 10.0.0.2; 1.1.1.1",
        "10.0.0.3, 10.0.0.2; 10.0.0.3",
        "1.1.1.1:443; 1.1.1.1",
        "[2001:db8::1]:443; 2001:db8::1",
        "[2001:db8::1]; 2001:db8::1",
        "2001:db8::1; 2001:db8::1",
        "unknown; 10.0.0.1",
        "1.1.1.1, ; 10.0.0.1",
        "evil\"x; 10.0.0.1",
        "1.1.1.1, unknown, 10.0.0.2; 10.0.0.2",
        "[::1; 10.0.0.1",
      })
  void theClientIsTheFirstWhomNobodyTrusts(String chain, String client) {
    Set<String> trusted = Set.of("10.0.0.1", "10.0.0.2", "10.0.0.3");
    assertThat(Forwarded.client(headers("X-Forwarded-For", chain), "10.0.0.1", trusted::contains))
        .isEqualTo(client);
    assertThat(Forwarded.client(headers("X-Forwarded-For", chain), "8.8.8.8", trusted::contains))
        .isEqualTo("8.8.8.8");
  }

  @Test
  void severalForwardedLinesAreOneList() {
    MultiMap headers = headers("X-Forwarded-For", "1.1.1.1", "X-Forwarded-For", "10.0.0.2");
    assertThat(Forwarded.client(headers, "10.0.0.1", a -> a.startsWith("10.")))
        .isEqualTo("1.1.1.1");
    Forwarded.apply(headers, "10.0.0.1", "http", "h", true, false);
    assertThat(headers.getAll("X-Forwarded-For")).containsExactly("1.1.1.1, 10.0.0.2, 10.0.0.1");
  }

  /** RFC 7239 §4, §6. */
  @Test
  void forwardedQuotesWhatIsNoToken() {
    MultiMap headers = headers();
    Forwarded.apply(headers, "2001:db8::1", "https", "h:8443", false, true);
    assertThat(headers.get("Forwarded"))
        .isEqualTo("for=\"[2001:db8::1]\";host=\"h:8443\";proto=https");
    MultiMap local = headers("X-Forwarded-Host", "evil");
    Forwarded.apply(local, null, "http", "", false, true);
    assertThat(local.get("Forwarded")).isEqualTo("for=unknown;proto=http");
    assertThat(local.get("X-Forwarded-For")).isEqualTo("unknown");
    assertThat(local.contains("X-Forwarded-Host")).isFalse();
  }

  /** RFC 9110 §7.6.3. */
  @Test
  void viaNamesTheProtocolInWhichTheMessageCame() {
    MultiMap headers = headers();
    Forwarded.via(headers, false, true);
    Forwarded.via(headers, false, false);
    Forwarded.via(headers, true, false);
    assertThat(headers.getAll("Via")).containsExactly("1.0 sluice, 1.1 sluice, 2 sluice");
  }

  /** RFC 9110 §7.6.1. */
  @Test
  void whatBelongsToAConnectionIsTakenOff() {
    MultiMap headers =
        headers(
            "Connection",
            "close, X-A",
            "Connection",
            ",,x-b ,Host",
            "X-A",
            "1",
            "x-b",
            "2",
            "X-C",
            "3",
            "Host",
            "h",
            "TE",
            "trailers",
            "Transfer-Encoding",
            "chunked",
            "Upgrade",
            "h2c",
            "Keep-Alive",
            "x",
            "Proxy-Connection",
            "x",
            "Proxy-Authorization",
            "x");
    HopByHop.strip(headers);
    assertThat(headers.names()).containsExactlyInAnyOrder("X-C", "Host");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        TRACE,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later"
      })
  void aTraceIsPassedOnWithAnotherSpan(String given) {
    String next = TraceContext.next(given, new Random(1));
    assertThat(next.substring(3, 35)).isEqualTo(given.substring(3, 35));
    assertThat(next.substring(36, 52)).isNotEqualTo(given.substring(36, 52));
    assertThat(next.substring(52)).isEqualTo(given.substring(52, 55));
    assertThat(TraceContext.valid(next)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
      })
  void anInvalidTraceIsReplaced(String given) {
    assertThat(TraceContext.valid(given)).isFalse();
    assertThat(TraceContext.next(given, new Random(1)))
        .isEqualTo(TraceContext.next(null, new Random(1)));
  }

  @Test
  void madeTracesAndIdsAreValid() {
    Random random = new Random(3);
    for (int i = 0; i < 1000; i++) {
      assertThat(TraceContext.valid(TraceContext.next(null, random))).isTrue();
      assertThat(RequestId.next(random)).matches("[0-9a-f]{32}");
    }
    assertThat(RequestId.valid("a".repeat(128))).isTrue();
    for (String bad : new String[] {"", "a b", "a\n", "é", "a".repeat(129)}) {
      assertThat(RequestId.valid(bad)).as(bad).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1H, 3600000000000",
    "2M, 120000000000",
    "3S, 3000000000",
    "4m, 4000000",
    "5u, 5000",
    "6n, 6",
    "99999999n, 99999999",
    "0S, 0"
  })
  void grpcTimeoutsHaveUnits(String text, long nanos) {
    assertThat(Grpc.timeoutNanos(headers("grpc-timeout", text))).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1", "S", "-1S", "1s", "1.5S", "999999999S", " 1S", "1SS", "99999999H"})
  void otherGrpcTimeoutsAreNone(String text) {
    assertThat(Grpc.timeoutNanos(headers("grpc-timeout", text))).isEqualTo(Long.MAX_VALUE);
    assertThat(Grpc.timeoutNanos(headers())).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void grpcMessagesComeBackWhole() {
    String text = "50% of é\n\u20ac +1";
    assertThat(Grpc.message(text)).isEqualTo("50%25 of %C3%A9%0A%E2%82%AC +1");
    assertThat(URLDecoder.decode(Grpc.message(text).replace("+", "%2B"), StandardCharsets.UTF_8))
        .isEqualTo(text);
    assertThat(Grpc.is(headers("content-type", "application/grpc+proto"))).isTrue();
    assertThat(Grpc.is(headers("content-type", "application/grpc;a=b"))).isTrue();
    assertThat(Grpc.is(headers("content-type", "application/grpc-web"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/html|true",
        "TEXT/HTML;charset=x|true",
        "text/html,application/xhtml+xml,*/*;q=0.8|true",
        "text/html;q=0.5, */*;q=0.1|true",
        "*/*|false",
        "application/json|false",
        "text/html;q=0|false",
        "text/html;q=0.4, application/json|false",
        "text/*|false",
        "text/html;q=0.5, application/*|false",
        "text/html;q=x, a/b|false",
        "text/html;level=1;q=0.2, application/problem+json;q=0.3|false",
        "text/html2|false",
        "text/html;Q=0|false",
      })
  void onlyWhoPrefersPagesGetsPages(String accept, boolean html) {
    assertThat(ProblemBody.prefersHtml(accept)).isEqualTo(html);
  }

  /** RFC 9457 §4.2.1. */
  @ParameterizedTest
  @EnumSource(Failure.class)
  void aProblemIsTitledWithTheWordsOfItsStatus(Failure failure) {
    JsonObject problem = ProblemBody.json(failure, failure.status(), null, "", null).toJsonObject();
    String words = HttpResponseStatus.valueOf(failure.status()).reasonPhrase();
    assertThat(problem.getString("title"))
        .isEqualTo(
            switch (failure.status()) {
              case 413 -> "Content Too Large"; // RFC 9110 §15.5.14
              case 414 -> "URI Too Long";
              case 499 -> "Client Closed Request";
              default -> words;
            });
  }

  @Test
  void problemsAndPagesCannotBeBrokenByTheirWords() {
    String nasty = "a\"b\\c\n<script>&\u0001";
    JsonObject problem =
        ProblemBody.json(Failure.NO_ROUTE, 404, nasty, "id\"", null).toJsonObject();
    assertThat(problem.getString("detail")).isEqualTo(nasty);
    assertThat(problem.getString("requestId")).isEqualTo("id\"");
    assertThat(ProblemBody.html(Failure.NO_ROUTE, 404, nasty, "<b>").toString())
        .doesNotContain("<script>", "<b>");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a=1|1",
        "b=2; a=1|1",
        "aa=2; a=1|1",
        "a=1; a=2|1",
        "b=a=3;a=1|1",
        "a=|''",
        "a=x=y|x=y",
        "b=1|",
        "ab=1|",
        "A=1|",
        "a|"
      })
  void cookiesAreFoundByTheirWholeName(String cookie, String value) {
    assertThat(Cookies.find(headers("Cookie", cookie), "a")).isEqualTo(value);
  }

  @Test
  void methodsThatMayBeRepeatedAreKnown() {
    for (String method :
        new String[] {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "QUERY"}) {
      assertThat(Methods.idempotent(method)).as(method).isTrue();
    }
    for (String method : new String[] {"POST", "PATCH", "PURGE", "get", ""}) {
      assertThat(Methods.idempotent(method)).as(method).isFalse();
    }
  }
}
