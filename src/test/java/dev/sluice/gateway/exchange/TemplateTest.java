package dev.sluice.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TemplateTest {
  private static final TemplateScope SCOPE = new TemplateScope(List.of("id", "*"), true, true);

  @Test
  void valuesComeFromQueryPathHeaderAndCookie() {
    assertThat(text("{query.name|World}")).isEqualTo("Ada L");
    assertThat(text("{query.none|World}")).isEqualTo("World");
    assertThat(text("{query.none}")).isEmpty();
    assertThat(text("{path.id} {id} {path.*} {*}")).isEqualTo("a/b a/b c d/e c d/e");
    assertThat(text("{header.X-One} {cookie.two}")).isEqualTo("1 2");
    assertThat(text("{request.method} {request.url} {request.host} {request.id} {client.address}"))
        .isEqualTo("GET /x?name=Ada+L&v=%3Cb%3E example.org:80 abc 10.0.0.1");
    assertThat(text("{now}")).isEqualTo("1970-01-01T00:00:01Z");
    assertThat(text("{{id}}")).isEqualTo("{id}");
  }

  @Test
  void aFieldOfTheBodyKeepsItsTypeInJson() {
    assertThat(json("{body.a.b.0}", "{\"a\":{\"b\":[true]}}")).isEqualTo("true");
    assertThat(json("{body}", "{\"n\":123456789012345678901234567890,\"d\":0.10}"))
        .isEqualTo("{\"n\":123456789012345678901234567890,\"d\":0.10}");
    assertThat(json("{body.a}", "{\"a\":1,\"a\":2}")).isEqualTo("2");
    assertThat(json("{body.none}", "{}")).isEqualTo("null");
    assertThat(json("x{body.a}", "{\"a\":1}")).isEqualTo("\"x1\"");
  }

  @Test
  void aBodyThatIsNotOneJsonValueIsABadRequest() {
    for (String body : List.of("", "no", "{} {}", "{", "[".repeat(200) + "]".repeat(200))) {
      assertThatThrownBy(() -> TemplateBody.parse(body.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOfSatisfying(
              Failed.class, e -> assertThat(e.failure()).isEqualTo(Failure.BAD_REQUEST));
    }
  }

  @Test
  void valuesCannotLeaveTheirPlaceInPathsHeadersAndHtml() {
    Template path = Template.compile("/v1/{id}/{*}?x={query.v}", SCOPE);
    assertThat(path.path(VALUES, TemplateBody.NONE)).isEqualTo("/v1/a%2Fb/c%20d/e?x=%3Cb%3E");
    Template header = Template.compile("{body.h}", SCOPE);
    assertThat(header.header(VALUES, body("{\"h\":\"a\\r\\nb\"}"))).isEqualTo("a  b");
    assertThat(Template.compile("{query.v}", SCOPE).html(VALUES, TemplateBody.NONE))
        .isEqualTo("&lt;b&gt;");
  }

  @Test
  void onlyTemplatesOverTheBodyNeedIt() {
    assertThat(Template.compile("{body.a}", SCOPE).needsBody()).isTrue();
    assertThat(Template.compile("{query.a}", SCOPE).needsBody()).isFalse();
  }

  @Test
  void faultsSayWhereAndWhat() {
    fault("a {quary.x}", 3, "unknown value \"quary.x\"; did you mean \"query\"?");
    fault("a {query.x", 2, "this brace is not closed; a brace itself is written {{");
    fault("{path.di}", 1, "the path has no parameter \"di\"; it has id, *");
    fault("a}", 1, "a closing brace without an opening one; a brace itself is written }}");
  }

  private static void fault(String template, int offset, String sentence) {
    assertThatThrownBy(() -> Template.compile(template, SCOPE))
        .isInstanceOfSatisfying(TemplateFault.class, e -> assertThat(e.offset()).isEqualTo(offset))
        .hasMessage(sentence);
  }

  private static String text(String template) {
    return Template.compile(template, SCOPE).text(VALUES, TemplateBody.NONE);
  }

  private static String json(String template, String body) {
    return TemplateJson.write(Template.compile(template, SCOPE).json(VALUES, body(body)));
  }

  private static TemplateBody body(String json) {
    return TemplateBody.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static final TemplateValues VALUES =
      new TemplateValues() {
        @Override
        public MultiMap headers() {
          return MultiMap.caseInsensitiveMultiMap().add("x-one", "1").add("cookie", "one=1; two=2");
        }

        @Override
        public String query() {
          return "name=Ada+L&v=%3Cb%3E";
        }

        @Override
        public String[] pathValues() {
          return new String[] {"a/b", "c d/e"};
        }

        @Override
        public String method() {
          return "GET";
        }

        @Override
        public String path() {
          return "/x";
        }

        @Override
        public String authority() {
          return "example.org:80";
        }

        @Override
        public String requestId() {
          return "abc";
        }

        @Override
        public String clientAddress() {
          return "10.0.0.1";
        }

        @Override
        public long startMillis() {
          return 1000;
        }
      };
}
