package dev.sluice.gateway.filter.header;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.exchange.TemplateFault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeaderChangesTest {
  private static final FilterConfig.Headers.Changes NONE =
      new FilterConfig.Headers.Changes(Map.of(), Map.of(), List.of());

  @Test
  void namesOfTheConnectionAndPseudoNamesAreRefused() {
    for (String name :
        List.of("Host", "content-length", "Transfer-Encoding", "TE", ":path", "a b", "")) {
      assertThat(HeaderChanges.refusal(name)).as(name).isNotNull();
      assertThatThrownBy(() ->
              new HeaderChanges(
                  new FilterConfig.Headers(
                      NONE, new FilterConfig.Headers.Changes(Map.of(), Map.of(), List.of(name))),
                  List.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(HeaderChanges.refusal("x-from")).isNull();
  }

  @Test
  void aHeaderCannotBeMadeFromTheBody() {
    FilterConfig.Headers config =
        new FilterConfig.Headers(
            new FilterConfig.Headers.Changes(Map.of("x-a", "{body.a}"), Map.of(), List.of()), NONE);

    assertThatThrownBy(() -> new HeaderChanges(config, List.of()))
        .isInstanceOf(TemplateFault.class)
        .hasMessage("the body cannot be used here");
  }
}
