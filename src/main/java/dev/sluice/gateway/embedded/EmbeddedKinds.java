package dev.sluice.gateway.embedded;

import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The embedded servers by the name they have in a configuration: {@code httpbin} and {@code echo}.
 * Each is started when it is asked for first and kept until {@link #close()}, whatever is reloaded
 * meanwhile. Any thread.
 */
public final class EmbeddedKinds {
  private static final long START_MILLIS = 20_000;
  private static final long RETRY_MILLIS = 30_000;

  private final Map<String, LazyServer> servers;

  /** The version is what the echo server's {@code /version} answers. Nothing is started yet. */
  public EmbeddedKinds(Vertx vertx, String version) {
    this.servers =
        Map.of(
            "httpbin", lazy(vertx, "httpbin", new EmbeddedHttpbin(vertx)),
            "echo", lazy(vertx, "echo", new EmbeddedEcho(vertx, version)));
  }

  /**
   * Where the server of this kind listens; fails for an unknown kind and when the server does not
   * start in 20 s.
   */
  public Future<SocketAddress> address(String kind) {
    @Nullable LazyServer server = servers.get(kind);
    return server == null
        ? Future.failedFuture(
            new IllegalArgumentException("no embedded server " + kind + "; there are " + kinds()))
        : server.address();
  }

  /** The names that {@link #address} knows, in order. */
  public List<String> kinds() {
    return servers.keySet().stream().sorted().toList();
  }

  /** Stops every server that runs; completes when all are down. */
  public Future<Void> close() {
    return Future.join(servers.values().stream().map(LazyServer::close).toList()).mapEmpty();
  }

  private static LazyServer lazy(Vertx vertx, String kind, EmbeddedServer server) {
    CircuitBreakerOptions options =
        new CircuitBreakerOptions()
            .setMaxFailures(3)
            .setTimeout(START_MILLIS)
            .setResetTimeout(RETRY_MILLIS)
            .setNotificationAddress(null);
    return new LazyServer(server, CircuitBreaker.create("embedded-" + kind, vertx, options));
  }
}
