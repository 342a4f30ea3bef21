package dev.sluice.gateway.server;

import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One loop's share of a listener: its server, its connections. Confined to its loop. */
final class Listener {
  /** Bound of what is in flight on an HTTP/2 connection that was told to go away. */
  private static final int GOAWAY_SECONDS = 300;

  private final String name;
  private final HttpServer server;
  private final Map<HttpConnection, Connection> connections = new HashMap<>();
  private final RequestEntry entry;
  private final ConnectionGate gate;
  private ListenerConfig config;
  private Ingress ingress;
  private boolean draining;

  /** What is known of one connection. */
  static final class Connection {
    final long openedNanos;
    long requests;

    Connection(long openedNanos) {
      this.openedNanos = openedNanos;
    }
  }

  Listener(Vertx vertx, Ingress ingress, int maxWebSocketFrame, RequestEntry entry, ConnectionGate gate) {
    this.ingress = ingress;
    this.config = ingress.config();
    this.name = config.name();
    this.entry = entry;
    this.gate = gate;
    this.server =
        vertx
            .createHttpServer(ListenerOptions.of(config, maxWebSocketFrame))
            .connectionHandler(this::opened)
            .requestHandler(request -> entry.handle(this, request))
            .invalidRequestHandler(request -> entry.invalid(this, request))
            .exceptionHandler(cause -> {});
  }

  String name() {
    return name;
  }

  /** The port it really has. */
  int port() {
    return server.actualPort();
  }

  ListenerConfig config() {
    return config;
  }

  Future<HttpServer> listen(int index) {
    return server.listen(ListenerOptions.address(config, index));
  }

  /** The listener as the current snapshot knows it. */
  Ingress ingress() {
    return ingress;
  }

  /**
   * Takes over settings that need no other socket.
   *
   * @param filesChanged whether certificate files may have changed under the same names
   */
  Future<?> update(Ingress next, int maxWebSocketFrame, boolean filesChanged) {
    ListenerConfig changed = next.config();
    ListenerConfig before = config;
    config = changed;
    ingress = next;
    if (changed.tls() != null && (filesChanged || !changed.tls().equals(before.tls()))) {
      return server.updateSSLOptions(ListenerOptions.tls(changed, maxWebSocketFrame), true);
    }
    return Future.succeededFuture();
  }

  /** Whether {@code changed} can be taken over by {@link #update}. */
  boolean fits(ListenerConfig changed) {
    return config.address().equals(changed.address())
        && config.port() == changed.port()
        && config.h2c() == changed.h2c()
        && config.proxyProtocol() == changed.proxyProtocol()
        && config.limits().equals(changed.limits())
        && (config.tls() == null) == (changed.tls() == null);
  }

  private void opened(HttpConnection connection) {
    if (config.proxyProtocol()
        && !config.trustedProxies().isEmpty()
        && !ingress.trusts(connection.remoteAddress(true))) {
      // Anyone else could claim any address.
      Watched.quietly(connection.close());
      return;
    }
    connections.put(connection, new Connection(entry.now()));
    connection.closeHandler(nothing -> connections.remove(connection));
    gate.install().accept(connection, config);
    if (draining) {
      goAway(connection);
    }
  }

  /**
   * Counts a request on its connection; true when the connection has served its time and closes after this answer.
   */
  boolean worn(HttpServerRequest request) {
    if (draining) {
      return true;
    }
    if (config.maxRequests() == 0 && config.maxAge() == null) {
      return false;
    }
    Connection known = connections.get(request.connection());
    if (known == null) {
      return false;
    }
    known.requests++;
    boolean worn =
        (config.maxRequests() > 0 && known.requests >= config.maxRequests())
            || (config.maxAge() != null && entry.now() - known.openedNanos > config.maxAge().toNanos());
    if (worn) {
      goAway(request.connection());
    }
    return worn;
  }

  int connections() {
    return connections.size();
  }

  /** From now on every answer closes its connection; HTTP/2 clients are told to go away. */
  void drain() {
    if (!draining) {
      draining = true;
      connections.keySet().forEach(Listener::goAway);
    }
  }

  private static void goAway(HttpConnection connection) {
    // RFC 9113 §6.8: streams that are open are still served, new ones are refused; HTTP/1 has no such message.
    if (isHttp2(connection)) {
      Watched.quietly(connection.shutdown(GOAWAY_SECONDS, TimeUnit.SECONDS));
    }
  }

  private static boolean isHttp2(HttpConnection connection) {
    try {
      return connection.settings() != null;
    } catch (UnsupportedOperationException http1) {
      return false;
    }
  }

  /** Stops listening; connections close as soon as nothing is in flight on them, at the latest after the timeout. */
  Future<Void> shutdown(long millis) {
    return server.shutdown(millis, TimeUnit.MILLISECONDS);
  }

  /** Stops listening and closes what is still open. */
  Future<Void> close() {
    return server.shutdown(0, TimeUnit.SECONDS);
  }
}
