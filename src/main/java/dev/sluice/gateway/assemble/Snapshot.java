package dev.sluice.gateway.assemble;

import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.route.RouteTable;
import dev.sluice.gateway.upstream.Upstream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One compiled configuration: immutable, swapped whole. What must outlive it (pools, breakers,
 * health, meters) hangs on objects that snapshots share.
 *
 * @param version counts loads in this process, from 1; that of its routing part where this comes
 *     from a database
 * @param ingresses in the order of the configuration's listeners; their index is the route table's
 * @param upstreams by name
 * @param databases by name
 */
public record Snapshot(
    long version,
    GatewayConfig config,
    RouteTable routes,
    List<Ingress> ingresses,
    Map<String, Upstream> upstreams,
    Map<String, Database> databases) {
  public Snapshot {
    ingresses = List.copyOf(ingresses);
    upstreams = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(upstreams));
    databases = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(databases));
  }

  /** The listener of this name; null when the configuration has none. */
  public @Nullable Ingress ingress(String name) {
    for (Ingress ingress : ingresses) {
      if (ingress.config().name().equals(name)) {
        return ingress;
      }
    }
    return null;
  }
}
