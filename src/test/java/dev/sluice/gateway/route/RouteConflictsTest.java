package dev.sluice.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.RouteConfig;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteConflictsTest {
  @Test
  void twoPathsOfOneShapeAreAmbiguousAndTheSentenceNamesBoth() {
    var found = find(Routes.path("/u/{id}"), Routes.path("/u/{name}"));

    assertThat(found)
        .singleElement()
        .satisfies(conflict -> {
          assertThat(conflict.kind()).isEqualTo(RouteConflicts.Kind.AMBIGUOUS);
          assertThat(conflict.sentence())
              .isEqualTo(
                  "route \"bb\" (sluice.yaml:2:3) matches the same requests as route \"a\""
                      + " (sluice.yaml:1:3); neither is more specific; give one of them a"
                      + " further condition");
        });
  }

  @Test
  void differentMethodsHeadersOrListenersAreNoConflict() {
    assertThat(find(Routes.path("/a", "GET"), Routes.path("/a", "POST"))).isEmpty();
    assertThat(find(header("x-a", "1"), header("X-A", "2"))).isEmpty();
    assertThat(find(listener("public"), listener("secure"))).isEmpty();
    assertThat(find(Routes.path("/a", "GET"), Routes.path("/a"))).isEmpty();
  }

  @Test
  void oneConditionEachOfDifferentKindsIsAmbiguous() {
    assertThat(find(Routes.path("/a", "GET"), header("x-a", "1")))
        .extracting(RouteConflicts.Conflict::kind)
        .containsExactly(RouteConflicts.Kind.AMBIGUOUS);
  }

  @Test
  void aRouteBehindOneForAllListenersIsUnreachable() {
    var all =
        Routes.match(List.of(), "/a", List.of(), Map.of(), Map.of(), List.of("public", "secure"));

    assertThat(find(Routes.path("/a"), all))
        .extracting(RouteConflicts.Conflict::kind, RouteConflicts.Conflict::route)
        .containsExactly(Tuple.tuple(RouteConflicts.Kind.UNREACHABLE, "a"));
  }

  @Test
  void anExpressionBehindAnEqualOneIsUnreachable() {
    assertThat(find(Routes.path("~/a.*"), Routes.path("~/a.*", "GET")))
        .extracting(RouteConflicts.Conflict::kind, RouteConflicts.Conflict::route)
        .containsExactly(Tuple.tuple(RouteConflicts.Kind.UNREACHABLE, "bb"));
    assertThat(find(Routes.path("~/a.*", "GET"), Routes.path("~/a.*"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "/* ; ~/old/([0-9]+)",
        "/* ; ~.*",
        "/* ; ~(?i)/OLD",
        "/* ; ~/a|/b",
        "/old/* ; ~/old/([0-9]+)",
        "/old/* ; ~/old/x",
      })
  void anExpressionBehindATemplateForAllThatBeginsLikeItIsUnreachable(
      String template, String expression) {
    for (boolean before : new boolean[] {true, false}) {
      var rest = Routes.path(template);
      var regex = Routes.path(expression);
      assertThat(before ? find(regex, rest) : find(rest, regex))
          .extracting(RouteConflicts.Conflict::kind, RouteConflicts.Conflict::route)
          .containsExactly(Tuple.tuple(RouteConflicts.Kind.UNREACHABLE, before ? "a" : "bb"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "/old/* ; ~/ol.*",
        "/old/* ; ~/old/?x",
        "/old/* ; ~/old/*",
        "/old/* ; ~/old/{2}",
        "/old/* ; ~/old/a|/b",
        "/old/* ; ~/(old|new)/.*",
        "/{a}/* ; ~/old/.*",
        "/old ; ~/old/.*",
      })
  void anExpressionThatTakesMoreThanTheTemplateIsReachable(String template, String expression) {
    assertThat(find(Routes.path(template), Routes.path(expression))).isEmpty();
  }

  @Test
  void anExpressionBehindATemplateWithConditionsIsReachable() {
    assertThat(find(Routes.path("/*", "GET"), Routes.path("~/old/.*"))).isEmpty();
    assertThat(find(Routes.path("/*", "GET"), Routes.path("~/old/.*", "GET"))).hasSize(1);
    var onlyPublic =
        Routes.match(List.of(), "/*", List.of(), Map.of(), Map.of(), List.of("public"));
    assertThat(find(onlyPublic, Routes.path("~/old/.*"))).isEmpty();
    var onlyHost = Routes.match(List.of("a.test"), "/*", List.of(), Map.of(), Map.of(), List.of());
    assertThat(find(onlyHost, Routes.path("~/old/.*"))).isEmpty();
  }

  private static RouteConfig.Match header(String name, String value) {
    return Routes.match(List.of(), "/a", List.of(), Map.of(name, value), Map.of(), List.of());
  }

  private static RouteConfig.Match listener(String name) {
    return Routes.match(List.of(), "/a", List.of(), Map.of(), Map.of(), List.of(name));
  }

  private static List<RouteConflicts.Conflict> find(
      RouteConfig.Match one, RouteConfig.Match other) {
    return RouteConflicts.find(
        List.of(Routes.config("a", one), Routes.config("bb", other)), Routes.LISTENERS);
  }
}
