package dev.sluice.gateway;

import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.ListenerConfig.Limits;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.MessageScanner;
import dev.sluice.gateway.proxy.SocketControl;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.server.ConnectionGate;
import dev.sluice.gateway.upstream.ConnectionGuard;
import dev.sluice.gateway.wire.Connections;
import dev.sluice.gateway.wire.Connections.Violation;
import dev.sluice.gateway.wire.Http1RequestGuard;
import dev.sluice.gateway.wire.Http1ResponseGuard;
import dev.sluice.gateway.wire.Http2Guard;
import dev.sluice.gateway.wire.MixedServer;
import dev.sluice.gateway.wire.ServerSockets;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketBase;
import org.jspecify.annotations.Nullable;

/**
 * Connects the rooms that have ports for byte-level guards with {@code wire}, which has the guards.
 */
final class Guards {
  private static final MessageScanner.Limits ANSWERS =
      new MessageScanner.Limits(16 << 10, 64 << 10, 200);

  private Guards() {}

  static ConnectionGate gate() {
    return new ConnectionGate(
        (vertx, options, config) -> {
          HttpServerOptions named =
              ServerSockets.named(
                  options, ServerSockets.name(config.address(), config.port(), config.name()));
          return named.isHttp2ClearTextEnabled() || named.isSsl()
              ? MixedServer.create(vertx, named, settings(config))
              : vertx.createHttpServer(named);
        },
        (connection, config) -> {
          if (!Http1RequestGuard.install(connection, settings(config))) {
            Http2Guard.complete(connection);
            Connections.wakeStreams(connection);
          }
        },
        request -> {
          Violation violation = Violation.of(request.connection());
          return violation == null
              ? null
              : new ConnectionGate.Violation(violation.failure(), violation.detail());
        });
  }

  private static Http1RequestGuard.Settings settings(ListenerConfig config) {
    Limits limits = config.limits();
    return new Http1RequestGuard.Settings(
        new MessageScanner.Limits(
            limits.maxRequestLine(), limits.maxHeaderBytes(), limits.maxHeaders()),
        limits.headerTimeout(),
        limits.keepAlive(),
        SystemTicker.INSTANCE);
  }

  /** What guards connections to endpoints. */
  record Upstreams() implements ConnectionGuard {
    @Override
    public boolean open(HttpClientConnection connection) {
      return Connections.open(connection);
    }

    @Override
    public Installed install(HttpClientConnection connection) {
      Connections.wakeStreams(connection);
      Http1ResponseGuard guard = Http1ResponseGuard.install(connection, ANSWERS);
      return guard == null ? ConnectionGuard.NONE : new Answers(guard);
    }
  }

  private record Answers(Http1ResponseGuard guard) implements ConnectionGuard.Installed {
    @Override
    public void expect(String method, boolean upgrade) {
      guard.expect(method, upgrade);
    }

    @Override
    public @Nullable Failure violation() {
      Violation found = guard.violation();
      return found == null ? null : Failure.UPSTREAM_PROTOCOL_ERROR;
    }
  }

  /** What {@code wire} can do beneath WebSockets. */
  record Sockets() implements SocketControl {
    @Override
    public Future<WebSocket> upgrade(
        HttpClientConnection connection, String uri, MultiMap headers, Terms terms) {
      return Connections.upgrade(
          connection, uri, headers, terms.protocols(), terms.maxFrameBytes());
    }

    @Override
    public void checkText(WebSocketBase socket) {
      Connections.checkText(socket);
    }

    @Override
    public void abort(WebSocketBase socket) {
      Connections.abort(socket);
    }

    @Override
    public int closeStatus(Throwable refused) {
      return Connections.closeStatus(refused);
    }
  }
}
