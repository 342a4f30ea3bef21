package dev.sluice.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();

  @Test
  void theRestTakesThePathItselfAndAllBelow() {
    RouteTable table = new RouteTable(List.of(Routes.route("rest", Routes.path("/a/*"))));

    assertThat(ask(table, "GET", "/a").values()).containsExactly("");
    assertThat(ask(table, "GET", "/a/").values()).containsExactly("");
    assertThat(ask(table, "GET", "/a/b/c").values()).containsExactly("b/c");
    assertThat(ask(table, "GET", "/ab").route()).isNull();
  }

  @Test
  void aParameterNeverTakesAnEmptySegmentAndIsDecoded() {
    RouteTable table = new RouteTable(List.of(Routes.route("user", Routes.path("/users/{id}"))));

    assertThat(ask(table, "GET", "/users/").route()).isNull();
    assertThat(ask(table, "GET", "/users/J%C3%BCrgen%20A").values()).containsExactly("Jürgen A");
  }

  @Test
  void aBranchThatFailsLetsTheNextOneBeTried() {
    RouteTable table =
        new RouteTable(
            List.of(
                Routes.route("literal", Routes.path("/a/b/c")),
                Routes.route("parameter", Routes.path("/{x}/b/{y}"))));

    RouteLookup lookup = ask(table, "GET", "/a/b/d");

    assertThat(lookup.values()).containsExactly("a", "d");
  }

  @Test
  void groupsOfAnExpressionAreValues() {
    RouteTable table =
        new RouteTable(List.of(Routes.route("old", Routes.path("~/old/([0-9]+)(x)?"))));

    assertThat(ask(table, "GET", "/old/17").values()).containsExactly("17", "");
    assertThat(ask(table, "GET", "/old/17/more").route()).isNull();
  }

  @Test
  void headGoesToGetUnlessARouteListsIt() {
    RouteTable one = new RouteTable(List.of(Routes.route("get", Routes.path("/a", "GET"))));
    RouteTable two =
        new RouteTable(
            List.of(
                Routes.route("get", Routes.path("/a", "GET")),
                Routes.route("head", Routes.path("/a", "HEAD"))));

    assertThat(name(ask(one, "HEAD", "/a"))).isEqualTo("get");
    assertThat(name(ask(two, "HEAD", "/a"))).isEqualTo("head");
  }

  @Test
  void allowNamesHeadAndOptionsWhereTheyAreAnswered() {
    RouteTable plain = new RouteTable(List.of(Routes.route("get", Routes.path("/a", "GET"))));
    RouteTable cors = new RouteTable(List.of(Routes.route("get", Routes.path("/a", "GET"), true)));

    assertThat(ask(plain, "POST", "/a").allow()).isEqualTo("GET, HEAD");
    assertThat(ask(cors, "POST", "/a").allow()).isEqualTo("GET, HEAD, OPTIONS");
    assertThat(ask(plain, "POST", "/b").allow()).isNull();
  }

  @Test
  void aPreflightGoesToTheRouteOfTheMethodItAsksFor() {
    RouteTable table =
        new RouteTable(
            List.of(
                Routes.route("get", Routes.path("/a", "GET"), true),
                Routes.route("post", Routes.path("/a", "POST"), true)));
    assertThat(ask(table, "OPTIONS", "/a").route()).isNull();

    headers.set("origin", "https://page.example").set("access-control-request-method", "POST");

    assertThat(name(ask(table, "OPTIONS", "/a"))).isEqualTo("post");
  }

  @Test
  void aLookUpEntersAsManyNodesInALargeTableAsInASmallOne() {
    List<Route> many = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      many.add(
          Routes.route("r" + i, Routes.host("h" + i % 100 + ".example.org", "/s" + i + "/{id}")));
    }
    RouteTable small = new RouteTable(many.subList(0, 100));
    RouteTable large = new RouteTable(many);

    assertThat(visits(large)).isEqualTo(visits(small)).isEqualTo(3);
  }

  @Test
  void goingBackEntersNoNodeTwice() {
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      StringBuilder path = new StringBuilder();
      for (int bit = 0; bit < 8; bit++) {
        path.append((i >> bit & 1) == 0 ? "/a" : "/{p" + bit + "}");
      }
      routes.add(Routes.route("r" + i, Routes.path(path + "/end")));
    }
    RouteTable table = new RouteTable(routes);

    RouteLookup lookup = ask(table, "GET", "/a/a/a/a/a/a/a/a/other");

    assertThat(lookup.route()).isNull();
    assertThat(lookup.visits).isLessThanOrEqualTo(511);
  }

  @Test
  void aPathThatBeginsWithoutASlashIsNoOnesButAnExpressions() {
    RouteTable table = new RouteTable(List.of(Routes.route("all", Routes.path("/*"))));

    assertThat(ask(table, "OPTIONS", "*").route()).isNull();
    assertThat(name(ask(table, "GET", "/"))).isEqualTo("all");
  }

  private int visits(RouteTable table) {
    RouteLookup lookup = new RouteLookup().ask(0, "h7.example.org", "/s7/x", "GET", headers, null);
    table.match(lookup);
    assertThat(name(lookup)).isEqualTo("r7");
    return lookup.visits;
  }

  private RouteLookup ask(RouteTable table, String method, String path) {
    RouteLookup lookup = new RouteLookup().ask(0, "a.example.org", path, method, headers, null);
    table.match(lookup);
    return lookup;
  }

  private static String name(RouteLookup lookup) {
    Route route = lookup.route();
    return route == null ? "none" : route.name();
  }
}
