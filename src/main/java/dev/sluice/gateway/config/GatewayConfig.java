package dev.sluice.gateway.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One whole configuration, checked: every name resolves, every value is in range, all defaults are
 * filled in.
 *
 * @param node what needs a restart to change
 * @param accessLog where the lines of finished exchanges go
 * @param drain how the gateway leaves
 * @param listeners in the order of the file
 * @param databases by name, in the order of the file
 * @param jobs work off the event loops
 * @param routing what serves requests
 * @param warnings what is doubtful but no error, for instance an unused upstream; each a finished
 *     sentence with position
 */
public record GatewayConfig(
    NodeConfig node,
    AccessLogConfig accessLog,
    DrainConfig drain,
    List<ListenerConfig> listeners,
    Map<String, DatabaseConfig> databases,
    JobsConfig jobs,
    RoutingConfig routing,
    List<String> warnings) {
  public GatewayConfig {
    listeners = List.copyOf(listeners);
    databases = Collections.unmodifiableMap(new LinkedHashMap<>(databases));
    warnings = List.copyOf(warnings);
  }

  GatewayConfig withWarnings(List<String> found) {
    return new GatewayConfig(node, accessLog, drain, listeners, databases, jobs, routing, found);
  }
}
