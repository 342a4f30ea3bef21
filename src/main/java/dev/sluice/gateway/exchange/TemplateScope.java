package dev.sluice.gateway.exchange;

import java.util.List;
import java.util.Map;

/**
 * What a template may name.
 *
 * @param parameters the path's parameters in the order of {@link RouteView#parameterNames()}
 * @param bare whether {@code {id}}, {@code {*}} and {@code {1}} stand for path parameters without
 *     {@code path.}: in rewrites and in redirects
 * @param body whether the request's body may be asked for
 * @param names values that are known by a name of their own (parts of a composed answer, rows of a
 *     transaction), with the fields that they have; an empty list when these are not known
 */
public record TemplateScope(
    List<String> parameters, boolean bare, boolean body, Map<String, List<String>> names) {
  public TemplateScope {
    parameters = List.copyOf(parameters);
    names = Map.copyOf(names);
  }

  /** Without names. */
  public TemplateScope(List<String> parameters, boolean bare, boolean body) {
    this(parameters, bare, body, Map.of());
  }

  /** The same with these names. */
  public TemplateScope naming(Map<String, List<String>> more) {
    return new TemplateScope(parameters, bare, body, more);
  }
}
