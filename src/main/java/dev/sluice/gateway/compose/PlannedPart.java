package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.ActionConfig.Compose;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateTree;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One part, compiled. Immutable.
 *
 * @param config what the file says
 * @param path its path and query
 * @param headers its own headers
 * @param body null for none
 * @param needs indexes of the parts that it waits for
 * @param params of its statement; none for a call
 * @param timeoutNanos {@code Long.MAX_VALUE} for none of its own
 */
record PlannedPart(
    Compose.Part config,
    HttpMethod method,
    Template path,
    Map<String, Template> headers,
    @Nullable TemplateTree body,
    Set<Integer> needs,
    List<Template> params,
    long timeoutNanos) {

  static PlannedPart of(Compose.Part part, List<String> names, TemplateScope scope) {
    Compose.Ask ask = part.ask();
    Template path = Template.compile(ask.path(), scope);
    Map<String, Template> headers = new LinkedHashMap<>();
    ask.headers().forEach((name, value) -> headers.put(name, Template.compile(value, scope)));
    Compose.Ask.Body given = ask.body();
    TemplateTree body = given == null ? null : TemplateTree.compile(given.json(), scope);
    List<Template> params = new ArrayList<>();
    if (part.action() instanceof ActionConfig.Sql sql
        && sql.doing() instanceof ActionConfig.Sql.Query query) {
      for (String param : query.params()) {
        params.add(Template.compile(param, scope));
      }
    }
    Set<Integer> needs =
        Stream.concat(asked(path, body, params), headers.values().stream())
            .flatMap(template -> template.names().stream())
            .map(names::indexOf)
            .collect(Collectors.toUnmodifiableSet());
    return new PlannedPart(
        part,
        HttpMethod.valueOf(ask.method()),
        path,
        headers,
        body,
        needs,
        List.copyOf(params),
        part.timeout() == null ? Long.MAX_VALUE : part.timeout().toNanos());
  }

  String name() {
    return config.name();
  }

  /** Whether one of its templates asks for the request's body. */
  boolean needsBody() {
    return Stream.concat(asked(path, body, params), headers.values().stream())
        .anyMatch(Template::needsBody);
  }

  /** What it cannot do without: all but headers, which may be empty. */
  Stream<Template> asked() {
    return asked(path, body, params);
  }

  private static Stream<Template> asked(
      Template path, @Nullable TemplateTree body, List<Template> params) {
    Stream<Template> fields = body == null ? Stream.empty() : body.templates();
    return Stream.of(Stream.of(path), fields, params.stream()).flatMap(each -> each);
  }

  /** Whether its failure is a failure of the whole. */
  boolean needed() {
    return !config.optional();
  }
}
