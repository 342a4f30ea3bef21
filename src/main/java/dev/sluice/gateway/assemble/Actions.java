package dev.sluice.gateway.assemble;

import dev.sluice.gateway.compose.BatchAction;
import dev.sluice.gateway.compose.ComposeAction;
import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RouteConfig.Rewrite;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Dispatch;
import dev.sluice.gateway.exchange.InnerRoute;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.Template;
import dev.sluice.gateway.exchange.TemplateBody;
import dev.sluice.gateway.exchange.TemplateScope;
import dev.sluice.gateway.exchange.TemplateValues;
import dev.sluice.gateway.filter.limit.Limits;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.jobs.JobRegistry;
import dev.sluice.gateway.jobs.Jobs;
import dev.sluice.gateway.proxy.Branches;
import dev.sluice.gateway.proxy.Branches.Branch;
import dev.sluice.gateway.proxy.ForwardPlan;
import dev.sluice.gateway.proxy.ForwardPlan.PathRewrite;
import dev.sluice.gateway.proxy.Forwarder;
import dev.sluice.gateway.proxy.SocketControl;
import dev.sluice.gateway.proxy.WebSocketPlan;
import dev.sluice.gateway.respond.RedirectAction;
import dev.sluice.gateway.respond.RespondAction;
import dev.sluice.gateway.sql.SqlAction;
import dev.sluice.gateway.upstream.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Compiles what routes do. Pure but for the upstreams it was given; any thread. */
public final class Actions {
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final Duration STREAM_IDLE = Duration.ofMinutes(5);

  private final Map<String, Upstream> upstreams;
  private final Map<String, Database> databases;
  private final Ports ports;
  private final Dispatch dispatch;

  /**
   * What other rooms give to actions and filters.
   *
   * @param observers who is told of the finished exchanges of a route or a part
   * @param sockets reaches beneath WebSockets
   * @param userAgent what the gateway calls itself in calls of its own
   * @param jobs the node's
   * @param limits the node's
   * @param quotas the node's
   */
  public record Ports(
      Function<RouteConfig, Observer> observers,
      SocketControl sockets,
      String userAgent,
      Jobs jobs,
      Limits limits,
      Quotas quotas) {}

  Actions(
      Map<String, Upstream> upstreams,
      Map<String, Database> databases,
      Ports ports,
      Dispatch dispatch) {
    this.upstreams = upstreams;
    this.databases = databases;
    this.ports = ports;
    this.dispatch = dispatch;
  }

  Action compile(RouteConfig route, List<String> parameters) {
    return switch (route.action()) {
      case ActionConfig.Upstream one ->
          forward(route, parameters, new Branches(List.of(branch(route, one.upstream(), 1))));
      case ActionConfig.Split split ->
          forward(
              route,
              parameters,
              new Branches(
                  split.branches().stream()
                      .map(way -> branch(route, way.upstream(), way.weight()))
                      .toList()));
      case ActionConfig.Compose compose ->
          new ComposeAction(
              route, parameters, part -> part(route, parameters, part), ports.userAgent());
      case ActionConfig.Batch batch -> new BatchAction(route, dispatch);
      case ActionConfig.Sql sql ->
          new SqlAction(
              route, sql, new TemplateScope(parameters, false, true), database(sql.database()));
      case ActionConfig.Job job ->
          ports.jobs().action(route, job, upstream -> jobUpstream(route, parameters, upstream));
      case ActionConfig.JobView view -> ports.jobs().action(route, view);
      case ActionConfig.Respond respond -> new RespondAction(respond, parameters);
      case ActionConfig.Redirect redirect -> new RedirectAction(redirect, parameters);
    };
  }

  private InnerRoute jobUpstream(RouteConfig route, List<String> parameters, String upstream) {
    RouteConfig own = route.part(upstream, new ActionConfig.Upstream(upstream), null);
    return new InnerRoute(own, compile(own, parameters), ports.observers().apply(own));
  }

  private InnerRoute part(
      RouteConfig route, List<String> parameters, ActionConfig.Compose.Part part) {
    RouteConfig own = route.part(part.name(), part.action(), part.timeout());
    Action action =
        part.action() instanceof ActionConfig.Sql sql
            ? new SqlAction(own, sql, partScope(route, parameters), database(sql.database()))
            : compile(own, parameters);
    return new InnerRoute(own, action, ports.observers().apply(own));
  }

  private static TemplateScope partScope(RouteConfig route, List<String> parameters) {
    return ComposeAction.scope((ActionConfig.Compose) route.action(), parameters);
  }

  private Database database(String name) {
    Database database = databases.get(name);
    if (database == null) {
      throw new IllegalArgumentException("there is no database " + name);
    }
    return database;
  }

  /**
   * Compiles what can be compiled without upstreams.
   *
   * @param registry the jobs that there are
   * @param faults told of what makes no sense, one sentence each
   * @throws IllegalArgumentException where there can be one only
   */
  static void check(
      GatewayConfig config,
      RouteConfig route,
      List<String> parameters,
      JobRegistry registry,
      Consumer<IllegalArgumentException> faults) {
    switch (route.action()) {
      case ActionConfig.Upstream one -> {}
      case ActionConfig.Split split -> {}
      case ActionConfig.Batch batch -> {}
      case ActionConfig.Compose compose -> {
        ComposeAction.check(route, parameters, faults);
        for (ActionConfig.Compose.Part part : compose.parts()) {
          if (part.action() instanceof ActionConfig.Sql sql) {
            sql(config, sql, partScope(route, parameters), faults);
          }
        }
      }
      case ActionConfig.Sql sql ->
          sql(config, sql, new TemplateScope(parameters, false, true), faults);
      case ActionConfig.Job job -> Jobs.check(job, registry);
      case ActionConfig.JobView view -> {}
      case ActionConfig.Respond respond -> new RespondAction(respond, parameters);
      case ActionConfig.Redirect redirect -> new RedirectAction(redirect, parameters);
    }
  }

  private static void sql(
      GatewayConfig config,
      ActionConfig.Sql sql,
      TemplateScope scope,
      Consumer<IllegalArgumentException> faults) {
    DatabaseConfig database = config.databases().get(sql.database());
    if (database != null) {
      SqlAction.check(sql, scope, database.source().kind(), faults);
    }
  }

  /** How long a route's exchange may be silent either way. */
  public static Duration idle(RouteConfig route) {
    return route.idle() == null ? IDLE : route.idle();
  }

  /** The same for streams: server-sent events, WebSockets, gRPC. */
  public static Duration streamIdle(RouteConfig route) {
    return route.idle() == null ? STREAM_IDLE : route.idle();
  }

  private Branch branch(RouteConfig route, String name, int weight) {
    Upstream upstream = upstreams.get(name);
    if (upstream == null) {
      throw new IllegalArgumentException("there is no upstream " + name);
    }
    return new Branch(upstream, weight, upstream.retryBudget(route.retry().budget()));
  }

  private Forwarder forward(RouteConfig route, List<String> parameters, Branches branches) {
    Duration attempt = route.retry().attemptTimeout();
    Duration total = route.totalTimeout();
    long streamIdle = streamIdle(route).toNanos();
    ForwardPlan plan =
        new ForwardPlan(
            rewrite(route.rewrite(), parameters),
            route.timeout().toNanos(),
            total == null ? 0 : total.toNanos(),
            idle(route).toNanos(),
            streamIdle,
            route.retry(),
            attempt == null ? 0 : attempt.toNanos(),
            route.forwarded(),
            switch (route.onClientAbort()) {
              case RouteConfig.OnClientAbort.Cancel cancel -> 0L;
              case RouteConfig.OnClientAbort.Complete complete -> complete.atMost().toNanos();
            });
    RouteConfig.WebSocketLimits limits = route.webSocket();
    return new Forwarder(
        plan,
        branches,
        new WebSocketPlan(
            limits.ping().toNanos(),
            limits.misses(),
            limits.maxFrameBytes(),
            streamIdle,
            ports.sockets()));
  }

  static @Nullable PathRewrite rewrite(@Nullable Rewrite rewrite, List<String> parameters) {
    return switch (rewrite) {
      case null -> null;
      case Rewrite.Path path -> {
        Template template =
            Template.compile(path.template(), new TemplateScope(parameters, true, false));
        yield exchange -> template.path(TemplateValues.of(exchange), TemplateBody.NONE);
      }
      case Rewrite.StripPrefix strip -> {
        String prefix =
            strip.prefix().endsWith("/")
                ? strip.prefix().substring(0, strip.prefix().length() - 1)
                : strip.prefix();
        yield exchange -> stripped(exchange.path(), prefix);
      }
    };
  }

  /** Takes the prefix off where it ends with a segment; other paths stay. */
  private static String stripped(String path, String prefix) {
    if (!path.startsWith(prefix)) {
      return path;
    }
    String rest = path.substring(prefix.length());
    if (rest.isEmpty()) {
      return "/";
    }
    return rest.charAt(0) == '/' ? rest : path;
  }
}
