package dev.sluice.gateway.upstream;

import io.vertx.core.Future;
import io.vertx.core.net.SocketAddress;

/** Real servers in this process; filled by {@code embedded}. */
@FunctionalInterface
public interface EmbeddedServers {
  /** Where the server of this kind listens; it is started when it is asked for first. */
  Future<SocketAddress> address(String kind);
}
