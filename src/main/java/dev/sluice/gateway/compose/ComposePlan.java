package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.ActionConfig.Compose;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateFault;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateTree;
import dev.sluice.gateway.exchange.TemplateValues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A composed answer, compiled: what each part asks, which parts it waits for, what is made of them.
 * Immutable.
 *
 * @param failFast whether the first failure of a needed part ends everything
 * @param concurrency parts under way at once
 * @param needsBody whether a template asks for the request's body
 */
record ComposePlan(
    boolean failFast,
    int concurrency,
    List<PlannedPart> parts,
    TemplateTree response,
    boolean needsBody) {
  private static final List<String> FIELDS = List.of("body", "headers", "status");

  /**
   * Compiles it.
   *
   * @param parameters names of the path's parameters
   * @param faults told of each template that names what there is not, and of parts that wait for
   *     each other; the plan is of use only when it was told nothing
   */
  static ComposePlan of(RouteConfig route, List<String> parameters, Consumer<Misfit> faults) {
    Compose config = (Compose) route.action();
    TemplateScope scope = scope(config, parameters);
    List<String> order = config.parts().stream().map(Compose.Part::name).toList();
    List<PlannedPart> parts = new ArrayList<>();
    for (Compose.Part part : config.parts()) {
      String fault = null;
      try {
        fault =
            Template.reserved(part.name())
                ? "{" + part.name() + ".…} means something else already"
                : null;
        parts.add(PlannedPart.of(part, order, scope));
      } catch (TemplateFault bad) {
        fault = bad.getMessage();
      }
      if (fault != null) {
        faults.accept(new Misfit(part.position(), "part \"" + part.name() + "\": " + fault));
      }
    }
    if (parts.size() == config.parts().size()) {
      findCycles(config, parts, faults);
    }
    TemplateTree response = TemplateTree.compile(null, scope);
    try {
      response = response(config, order, scope);
    } catch (TemplateFault bad) {
      faults.accept(new Misfit(route.position(), "response: " + bad.getMessage()));
    }
    boolean body = response.needsBody() || parts.stream().anyMatch(PlannedPart::needsBody);
    return new ComposePlan(
        config.mode() == Compose.Mode.FAIL_FAST, config.concurrency(), parts, response, body);
  }

  /**
   * Looks whether the request has all that the parts and the answer ask of it.
   *
   * @throws dev.sluice.gateway.failure.Failed {@code INVALID_INPUT} that names what is missing or
   *     does not fit
   */
  void demand(TemplateValues request, TemplateBody body) {
    parts.stream().flatMap(PlannedPart::asked).forEach(each -> each.demand(request, body));
    response.demand(request, body);
  }

  /** What the templates of its parts may name. */
  static TemplateScope scope(Compose config, List<String> parameters) {
    Map<String, List<String>> names = new LinkedHashMap<>();
    config.parts().forEach(part -> names.put(part.name(), FIELDS));
    return new TemplateScope(parameters, false, true).naming(names);
  }

  private static TemplateTree response(Compose config, List<String> names, TemplateScope scope) {
    Object given = config.response();
    if (given == null) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      names.forEach(name -> all.put(name, "{" + name + ".body}"));
      given = all;
    }
    return TemplateTree.compile(given, scope);
  }

  /** Takes away, again and again, the parts that wait for nothing left; what stays goes round. */
  private static void findCycles(Compose config, List<PlannedPart> parts, Consumer<Misfit> faults) {
    Set<Integer> left = new java.util.TreeSet<>();
    for (int i = 0; i < parts.size(); i++) {
      left.add(i);
    }
    while (left.removeIf(i -> parts.get(i).needs().stream().noneMatch(left::contains))) {
      // goes on while some could be taken away
    }
    if (!left.isEmpty()) {
      int first = left.iterator().next();
      List<String> round = left.stream().map(i -> parts.get(i).name()).toList();
      faults.accept(
          new Misfit(
              config.parts().get(first).position(),
              round.size() == 1
                  ? "part \"" + round.getFirst() + "\" waits for itself"
                  : "these parts wait for each other: " + String.join(", ", round)));
    }
  }
}
