package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Source;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.function.Consumer;

/** Knows the endpoints behind services of Kubernetes; filled by {@code upstream.kubernetes}. */
@FunctionalInterface
public interface ServiceDirectory {
  /**
   * The endpoints to use now.
   *
   * @param host the service's full name, which TLS asks for and proves
   * @param sockets in a stable order, none twice; may be empty
   */
  record Listing(String host, List<SocketAddress> sockets) {
    public Listing {
      sockets = List.copyOf(sockets);
    }
  }

  /** A service that is being watched. Any thread. */
  interface Watch extends AutoCloseable {
    /** How it stands, in words. */
    String state();

    /** Ends the watch; blocks for nothing. */
    @Override
    void close();
  }

  /**
   * Tells the endpoints of a service as soon as they are known and whenever they change.
   *
   * @param upstream for the log
   * @param found called on a thread that is no event loop, one call after the other
   */
  Watch watch(String upstream, Source.Kubernetes service, Consumer<Listing> found);
}
