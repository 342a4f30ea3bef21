package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.ActionConfig;
import dev.sluice.gateway.config.AdminConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.ListenerConfig;
import java.util.Optional;

/** The lines that tell the user what was started. */
final class Banner {
  private Banner() {}

  static String listener(ListenerConfig listener, int port) {
    String scheme = listener.tls() == null ? "http" : "https";
    String serves =
        listener.tls() != null ? "HTTP/1.1, HTTP/2" : listener.h2c() ? "HTTP/1.1, h2c" : "HTTP/1.1";
    String where =
        listener.address().startsWith("unix:")
            ? listener.address()
            : scheme + "://" + host(listener.address()) + ":" + port;
    return "listener "
        + listener.name()
        + " "
        + where
        + " ("
        + serves
        + (listener.proxyProtocol() ? ", PROXY protocol" : "")
        + ")";
  }

  /** Where asynchronous jobs are kept, when there can be some. */
  static Optional<String> jobs(GatewayConfig config) {
    boolean some =
        config.routing().routes().stream()
            .anyMatch(route -> route.action() instanceof ActionConfig.JobView);
    String store = config.jobs().store();
    return some
        ? Optional.of(
            store == null
                ? "jobs are kept in memory and are lost when this process ends; jobs.store names a"
                    + " database for them"
                : "jobs are kept in database " + store)
        : Optional.empty();
  }

  static String admin(AdminConfig admin, int port) {
    return "admin http://" + host(admin.address()) + ":" + port;
  }

  static String whole(Snapshot snapshot, boolean nativeTransport, int loops, long millis) {
    return "sluice "
        + Version.current()
        + " serves "
        + snapshot.routes().routes().size()
        + " routes"
        + ", transport "
        + (nativeTransport ? "epoll" : "nio (no native transport here)")
        + ", "
        + loops
        + (loops == 1 ? " loop" : " loops")
        + ", JDK "
        + Runtime.version().feature()
        + ", ready in "
        + millis
        + " ms";
  }

  private static String host(String address) {
    return address.indexOf(':') >= 0 ? "[" + address + "]" : address;
  }
}
