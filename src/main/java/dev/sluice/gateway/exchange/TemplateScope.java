package dev.sluice.gateway.exchange;

import java.util.List;

/**
 * What a template may name.
 *
 * @param parameters the path's parameters in the order of {@link RouteView#parameterNames()}
 * @param bare whether {@code {id}}, {@code {*}} and {@code {1}} stand for path parameters without
 *     {@code path.}: in rewrites and in redirects
 * @param body whether the request's body may be asked for
 */
public record TemplateScope(List<String> parameters, boolean bare, boolean body) {
  public TemplateScope {
    parameters = List.copyOf(parameters);
  }
}
