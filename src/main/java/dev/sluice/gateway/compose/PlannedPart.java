package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.ActionConfig.Compose;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateTree;
import io.vertx.core.http.HttpMethod;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One part, compiled. Immutable.
 *
 * @param config what the file says
 * @param path its path and query
 * @param headers its own headers
 * @param body null for none
 * @param needs indexes of the parts that it waits for
 * @param actionNeedsBody whether what serves it asks for the request's body
 * @param timeoutNanos {@code Long.MAX_VALUE} for none of its own
 */
record PlannedPart(
    Compose.Part config,
    HttpMethod method,
    Template path,
    Map<String, Template> headers,
    @Nullable TemplateTree body,
    Set<Integer> needs,
    boolean actionNeedsBody,
    long timeoutNanos) {

  static PlannedPart of(Compose.Part part, List<String> names, TemplateScope scope) {
    Compose.Ask ask = part.ask();
    Template path = Template.compile(ask.path(), scope);
    Map<String, Template> headers = new LinkedHashMap<>();
    ask.headers().forEach((name, value) -> headers.put(name, Template.compile(value, scope)));
    Compose.Ask.Body given = ask.body();
    TemplateTree body = given == null ? null : TemplateTree.compile(given.json(), scope);
    Set<Integer> needs = new HashSet<>();
    boolean ownBody = false;
    if (part.action() instanceof ActionConfig.Sql sql
        && sql.doing() instanceof ActionConfig.Sql.Query query) {
      for (String param : query.params()) {
        Template template = Template.compile(param, scope);
        ownBody |= template.needsBody();
        template.names().forEach(name -> needs.add(names.indexOf(name)));
      }
    }
    path.names().forEach(name -> needs.add(names.indexOf(name)));
    headers.values().forEach(each -> each.names().forEach(name -> needs.add(names.indexOf(name))));
    if (body != null) {
      body.names().forEach(name -> needs.add(names.indexOf(name)));
    }
    return new PlannedPart(
        part,
        HttpMethod.valueOf(ask.method()),
        path,
        headers,
        body,
        Set.copyOf(needs),
        ownBody,
        part.timeout() == null ? Long.MAX_VALUE : part.timeout().toNanos());
  }

  String name() {
    return config.name();
  }

  /** Whether one of its templates asks for the request's body. */
  boolean needsBody() {
    return actionNeedsBody
        || path.needsBody()
        || headers.values().stream().anyMatch(Template::needsBody)
        || (body != null && body.needsBody());
  }

  /** Whether its failure is a failure of the whole. */
  boolean needed() {
    return !config.optional();
  }
}
