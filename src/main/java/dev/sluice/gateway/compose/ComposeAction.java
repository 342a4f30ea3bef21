package dev.sluice.gateway.compose;

import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.Misfit;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.Work;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** Gathers several calls into one answer. One instance serves all loops. */
public final class ComposeAction implements Action {
  /** What is read of a request's body when a template asks for it. */
  private static final long MAX_BODY_BYTES = 10L << 20;

  private final ComposePlan plan;
  private final List<InnerRoute> routes;
  private final Work.Bounds bounds;
  private final String userAgent;

  /**
   * Compiles it.
   *
   * @param parameters names of the path's parameters
   * @param parts makes what serves a part of its configuration
   * @param userAgent what parts call themselves
   * @throws dev.sluice.gateway.config.Misfit when a template or the order of parts makes no sense
   */
  public ComposeAction(
      RouteConfig route,
      List<String> parameters,
      Function<ActionConfig.Compose.Part, InnerRoute> parts,
      String userAgent) {
    ActionConfig.Compose config = (ActionConfig.Compose) route.action();
    this.plan =
        ComposePlan.of(
            route,
            parameters,
            fault -> {
              throw fault;
            });
    this.routes = config.parts().stream().map(parts).toList();
    this.bounds = Work.Bounds.of(route);
    this.userAgent = userAgent;
  }

  /** Looks at it without making anything; {@code faults} is told of all that makes no sense. */
  public static void check(
      RouteConfig route, List<String> parameters, Consumer<? super Misfit> faults) {
    ComposePlan.of(route, parameters, faults::accept);
  }

  /** What the templates of its parts may name, those of what serves them too. */
  public static TemplateScope scope(ActionConfig.Compose config, List<String> parameters) {
    return ComposePlan.scope(config, parameters);
  }

  @Override
  public void serve(Exchange exchange) {
    exchange.withInput(
        plan.needsBody(),
        MAX_BODY_BYTES,
        input ->
            new Composition(
                    exchange,
                    plan,
                    routes,
                    bounds,
                    new PartCalls(exchange, input.body(), userAgent))
                .begin());
  }
}
