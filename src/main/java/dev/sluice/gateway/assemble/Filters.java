package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.LimitConfig;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.FilterChain;
import dev.sluice.gateway.filter.header.HeaderChanges;
import dev.sluice.gateway.filter.limit.Limits;
import dev.sluice.gateway.filter.limit.Quota;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.filter.limit.RateLimit;
import dev.sluice.gateway.filter.limit.RequestSize;
import dev.sluice.gateway.filter.security.Cors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compiles the filters of routes, in the order that {@link FilterOrder} gives. */
final class Filters {
  private final RoutingConfig routing;
  private final List<ListenerConfig> listeners;
  private final Map<String, DatabaseConfig> databases;
  private final Limits limits;
  private final Quotas quotas;
  private final boolean clustered;

  Filters(GatewayConfig config, Limits limits, Quotas quotas) {
    this.limits = limits;
    this.quotas = quotas;
    this.databases = config.databases();
    this.clustered = config.node().cluster() != null;
    this.routing = config.routing();
    this.listeners = config.listeners();
  }

  /** A route's chains, one a listener, since each listener may add its own. */
  FilterChain[] chains(RouteConfig route, List<String> parameters) {
    FilterChain[] chains = new FilterChain[listeners.size()];
    for (int i = 0; i < chains.length; i++) {
      List<Filter> filters = new ArrayList<>();
      for (FilterOrder.Placed placed : FilterOrder.of(routing, listeners.get(i), route)) {
        filters.add(filter(placed, parameters));
      }
      chains[i] = new FilterChain(filters);
    }
    return chains;
  }

  /** One filter, compiled for a route with these path parameters. */
  Filter filter(FilterOrder.Placed placed, List<String> parameters) {
    return switch (placed.config()) {
      case FilterConfig.Headers headers -> new HeaderChanges(headers, parameters);
      case FilterConfig.RequestSize size -> new RequestSize(size);
      case FilterConfig.RateLimit limit -> {
        if (limit.scope() == LimitConfig.Scope.CLUSTER && !clustered) {
          throw new IllegalArgumentException("scope: cluster needs a cluster, which is not there");
        }
        yield new RateLimit(limits.rate(placed.id(), limit));
      }
      case FilterConfig.Quota quota -> {
        DatabaseConfig kept = quota.database() == null ? null : databases.get(quota.database());
        if (kept != null && kept.source().kind() != DatabaseConfig.Kind.POSTGRES) {
          throw new IllegalArgumentException("quota: database needs a PostgreSQL database");
        }
        yield new Quota(quotas.book(placed.id(), quota), quota);
      }
      case FilterConfig.Cors cors -> new Cors(cors);
    };
  }
}
