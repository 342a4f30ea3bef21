package dev.sluice.gateway.server;

import dev.sluice.gateway.assemble.ListenerRefused;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One loop's share of a listener: its server, its connections. Confined to its loop. */
final class Listener {
  /** Bound of what is in flight on an HTTP/2 connection that was told to go away. */
  private static final int GOAWAY_SECONDS = 300;

  /**
   * How long an HTTP/2 client may still begin streams after it was told to go away (RFC 9113 §6.8:
   * a round trip).
   */
  private static final long GOAWAY_GRACE_MILLIS = 1000;

  private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::");

  private final Vertx vertx;
  private final String name;
  private final HttpServer server;
  private final Map<HttpConnection, Connection> connections = new HashMap<>();
  private final RequestEntry entry;
  private final ConnectionGate gate;
  private final int maxWebSocketFrame;
  private ListenerConfig config;
  private Ingress ingress;
  private Snapshot snapshot;
  private boolean draining;
  private @Nullable Future<Void> stopping;

  /** What is known of one connection. */
  static final class Connection {
    final long openedNanos;
    long requests;

    Connection(long openedNanos) {
      this.openedNanos = openedNanos;
    }
  }

  Listener(
      Vertx vertx,
      Snapshot snapshot,
      Ingress ingress,
      int maxWebSocketFrame,
      RequestEntry entry,
      ConnectionGate gate) {
    this.vertx = vertx;
    this.snapshot = snapshot;
    this.ingress = ingress;
    this.config = ingress.config();
    this.name = config.name();
    this.maxWebSocketFrame = maxWebSocketFrame;
    this.entry = entry;
    this.gate = gate;
    this.server =
        gate.servers()
            .create(vertx, ListenerOptions.of(config, maxWebSocketFrame), config)
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

  /**
   * Binds, or joins the socket that this process has there already; a failure names the listener.
   */
  Future<HttpServer> listen() {
    return server
        .listen(ListenerOptions.address(config))
        .recover(cause ->
            Future.failedFuture(new ListenerRefused(config, "" + cause.getMessage(), cause)));
  }

  /** The listener as {@link #snapshot()} knows it. */
  Ingress ingress() {
    return ingress;
  }

  /** What its requests see. A listener that leaves keeps its last one. */
  Snapshot snapshot() {
    return snapshot;
  }

  /**
   * Takes over settings that need no other socket; its requests see {@code next} from now on.
   *
   * @param filesChanged whether certificate files may have changed under the same names
   */
  Future<?> update(Snapshot next, Ingress changed, boolean filesChanged) {
    ListenerConfig before = config;
    config = changed.config();
    ingress = changed;
    snapshot = next;
    if (config.tls() != null && (filesChanged || !config.tls().equals(before.tls()))) {
      return server.updateSSLOptions(ListenerOptions.tls(config, maxWebSocketFrame), true);
    }
    return Future.succeededFuture();
  }

  /** Whether {@code changed} can be taken over by {@link #update}. */
  boolean fits(ListenerConfig changed, int largestFrame) {
    return sameSocket(changed)
        && config.h2c() == changed.h2c()
        && config.proxyProtocol() == changed.proxyProtocol()
        && config.limits().equals(changed.limits())
        && sameProtection(changed)
        && largestFrame <= maxWebSocketFrame;
  }

  /** Whether both listen on one socket. */
  boolean sameSocket(ListenerConfig other) {
    return config.address().equals(other.address())
        && config.port() == other.port()
        && (config.port() != 0
            || config.address().startsWith("unix:")
            || name.equals(other.name()));
  }

  /**
   * Whether {@code next} cannot open before this one has freed its socket: it is the same one with
   * TLS for none or none for TLS, or the port is the same and one of the addresses holds the other.
   */
  boolean inTheWayOf(ListenerConfig next) {
    return sameSocket(next) ? !sameProtection(next) : overlaps(next);
  }

  private boolean overlaps(ListenerConfig next) {
    return config.port() == next.port()
        && config.port() != 0
        && !config.address().equals(next.address())
        && (EVERYWHERE.contains(config.address()) || EVERYWHERE.contains(next.address()));
  }

  /** Whether both have TLS or both have none: loops share one socket, and that has it or not. */
  boolean sameProtection(ListenerConfig other) {
    return (config.tls() == null) == (other.tls() == null);
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
   * Counts a request on its connection; true when the connection has served its time and closes
   * after this answer.
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
            || (config.maxAge() != null
                && entry.now() - known.openedNanos > config.maxAge().toNanos());
    if (worn && goAway(request.connection())) {
      vertx.setTimer(
          GOAWAY_GRACE_MILLIS,
          timer ->
              Watched.quietly(request.connection().shutdown(GOAWAY_SECONDS, TimeUnit.SECONDS)));
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

  /** Tells an HTTP/2 client to go away; HTTP/1 has no such message. */
  private static boolean goAway(HttpConnection connection) {
    boolean http2 = isHttp2(connection);
    if (http2) {
      // RFC 9113 §6.8: with the highest stream id, so that streams which are on their way already
      // are still served.
      connection.goAway(0, Integer.MAX_VALUE);
    }
    return http2;
  }

  private static boolean isHttp2(HttpConnection connection) {
    try {
      return connection.settings() != null;
    } catch (UnsupportedOperationException http1) {
      return false;
    }
  }

  /**
   * Stops listening; other listeners of this process on the same socket go on. Connections live on:
   * HTTP/1 ones until their next answer, HTTP/2 ones until their streams have ended, all of them
   * until the time is over.
   */
  Future<Void> shutdown(long millis) {
    Future<Void> known = stopping;
    if (known == null) {
      known = server.shutdown(millis, TimeUnit.MILLISECONDS);
      stopping = known;
    }
    return known;
  }

  /** Stops listening and closes what is still open. */
  Future<Void> close() {
    Future<Void> stopped = shutdown(0);
    List<Future<?>> closing = new ArrayList<>();
    for (HttpConnection connection : List.copyOf(connections.keySet())) {
      closing.add(connection.close());
    }
    Watched.quietly(stopped);
    return Future.join(closing).transform(done -> Future.succeededFuture());
  }
}
