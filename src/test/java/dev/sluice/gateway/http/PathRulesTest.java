package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Admission.Refused;
import java.net.URI;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathRulesTest {
  private static final String[] PIECES = {
    "/", "/", ".", "..", "a", "%2e", "%2E", "%61", "%2f", "%5C", "%20", "%25", "%c3%a9", ";x", "~",
    "{", "\\", "?", "%2", "%00", "b.c"
  };

  private static Admission admit(String target) {
    return PathRules.admit(target, "h", "h");
  }

  /** RFC 3986 §5.2.4 and §6.2.2. */
  @ParameterizedTest
  @CsvSource({
    "/a/b/c/./../../g, /a/g",
    "/mid/content=5/../6, /mid/6",
    "/a/.., /",
    "/., /",
    "/a/./, /a/",
    "/a//../b, /a/b",
    "/%7Eu, /~u",
    "/%41%5a, /AZ",
    "/%3a, /%3A",
    "/a%2Db, /a-b",
    "/a%252fb, /a%252fb",
    "/.a/..b/c., /.a/..b/c.",
    "/a/.../b, /a/.../b"
  })
  void pathsComeInOneForm(String given, String normal) {
    assertThat(((Admitted) admit(given)).path()).isEqualTo(normal);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..",
        "/../a",
        "/a/../..",
        "/%2e%2e",
        "/./..",
        "/a/%2e./../b",
        "/a%",
        "/a%1",
        "/a%1g",
        "/%00",
        "/a b",
        "/a#b",
        "/é",
        "/a\u007f",
        "/a/..;/b"
      })
  void ambiguousPathsAreRefused(String given) {
    assertThat(admit(given)).isInstanceOf(Refused.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/%2f"})
  void codedSlashesAreTold(String given) {
    assertThat(((Admitted) admit(given)).encodedSlash()).isTrue();
  }

  @Test
  void theQueryIsLeftAlone() {
    Admitted admitted = (Admitted) admit("/a/../b?x=%2f/../%zz\\&y");
    assertThat(admitted.path()).isEqualTo("/b");
    assertThat(admitted.query()).isEqualTo("x=%2f/../%zz\\&y");
    assertThat(admitted.encodedSlash()).isFalse();
  }

  @Test
  void theFormIsReachedAtOnceAndHasNoDotSegments() {
    Random random = new Random(42);
    int admitted = 0;
    for (int i = 0; i < 100_000; i++) {
      StringBuilder target = new StringBuilder("/");
      for (int n = random.nextInt(10); n > 0; n--) {
        target.append(PIECES[random.nextInt(PIECES.length)]);
      }
      if (admit(target.toString()) instanceof Admitted first) {
        admitted++;
        String path = first.path();
        assertThat(admit(path))
            .as("%s → %s", target, path)
            .isInstanceOfSatisfying(
                Admitted.class, second -> assertThat(second.path()).isEqualTo(path));
        assertThat((path + "/").contains("/../") || (path + "/").contains("/./"))
            .as("%s → %s", target, path)
            .isFalse();
        assertThat(path).startsWith("/").doesNotContain("%00", "%2e", "%2E", " ");
      }
    }
    assertThat(admitted).isGreaterThan(10_000);
  }

  @Test
  void dotSegmentsAreResolvedAsTheStandardLibraryDoes() {
    Random random = new Random(7);
    String[] segments = {"a", "b", ".", "..", "c.d", "..e", "%20", "x;y=1"};
    int compared = 0;
    for (int i = 0; i < 50_000; i++) {
      StringBuilder path = new StringBuilder();
      for (int n = 1 + random.nextInt(8); n > 0; n--) {
        path.append('/').append(segments[random.nextInt(segments.length)]);
      }
      String expected = URI.create("http://h" + path).normalize().getRawPath();
      if (admit(path.toString()) instanceof Admitted ours) {
        compared++;
        assertThat(ours.path()).as(path.toString()).isEqualTo(expected.isEmpty() ? "/" : expected);
      } else {
        assertThat(expected).as(path.toString()).startsWith("/..");
      }
    }
    assertThat(compared).isGreaterThan(10_000);
  }
}
