package dev.sluice.gateway.respond;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateValues;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RespondTest {
  @Test
  void jsonAnswersKeepTheTypesOfTheBodysFields() {
    RespondAction action =
        respond(new ActionConfig.Respond.Body.Json(Map.of("received", List.of("{body}", 1, true))));

    Reply reply =
        action.reply(
            values("/x"), TemplateBody.parse("{\"a\":1.50}".getBytes(StandardCharsets.UTF_8)));

    assertThat(String.valueOf(reply.body())).isEqualTo("{\"received\":[{\"a\":1.50},1,true]}");
    assertThat(headers(reply).get("content-type")).isEqualTo("application/json");
    assertThat(headers(reply).get("x-path")).isEqualTo("/x");
  }

  @Test
  void aRedirectKeepsPathAndQueryWhenOnlySchemeAndPortChange() {
    var config = new ActionConfig.Redirect(null, "https", null, 8443, 308);

    assertThat(location(config, "/a/b", List.of())).isEqualTo("https://h.example:8443/a/b?q=1");
    assertThat(location(new ActionConfig.Redirect(null, "https", null, 0, 308), "/", List.of()))
        .isEqualTo("https://h.example/?q=1");
  }

  @Test
  void aPathOfTwoSlashesDoesNotBecomeAHost() {
    var config = new ActionConfig.Redirect("/{*}", null, null, 0, 302);

    assertThat(location(config, "/evil.example", List.of("*"))).isEqualTo("/evil.example");
    assertThat(location(config, "//evil.example", List.of("*"))).isEqualTo("/evil.example");
  }

  @Test
  void aRequestCannotChooseTheHostOfARedirect() {
    for (String to :
        List.of("{query.next}", "https://{query.host}/", "https://host{1}", "//{1}/", "a")) {
      assertThatThrownBy(() ->
              new RedirectAction(new ActionConfig.Redirect(to, null, null, 0, 302), List.of("1")))
          .as(to)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(
            location(
                new ActionConfig.Redirect("https://h/{1}", null, null, 0, 302), "7", List.of("1")))
        .isEqualTo("https://h/7");
  }

  private static String location(ActionConfig.Redirect config, String path, List<String> names) {
    return new RedirectAction(config, names)
        .location("http", "h.example", "h.example:8080", values(path));
  }

  private static RespondAction respond(ActionConfig.Respond.Body body) {
    return new RespondAction(
        new ActionConfig.Respond(200, Map.of("x-path", "{request.path}"), body, null), List.of());
  }

  private static MultiMap headers(Reply reply) {
    MultiMap headers = reply.headers();
    return headers == null ? MultiMap.caseInsensitiveMultiMap() : headers;
  }

  private static TemplateValues values(String path) {
    return new Fixed(path, MultiMap.caseInsensitiveMultiMap());
  }

  private record Fixed(String path, MultiMap headers) implements TemplateValues {
    @Override
    public @Nullable String query() {
      return "q=1";
    }

    @Override
    public String[] pathValues() {
      return new String[] {path};
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String authority() {
      return "h.example:8080";
    }

    @Override
    public String requestId() {
      return "1";
    }

    @Override
    public String clientAddress() {
      return "127.0.0.1";
    }

    @Override
    public long startMillis() {
      return 0;
    }
  }
}
