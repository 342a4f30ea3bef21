package dev.sluice.gateway.embedded;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A server that tells what reached it: {@code /echo} gives the request back as JSON, {@code
 * /ws/echo} every WebSocket frame, {@code /sse?n=5&interval=200ms} a stream of events that ends,
 * {@code /version} its version. HTTP/1.1 on one event loop.
 */
final class EmbeddedEcho implements EmbeddedServer {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int FRAME_BYTES = 16 << 20;

  private final Vertx vertx;
  private final Buffer version;
  private final AtomicReference<@Nullable HttpServer> running = new AtomicReference<>();

  EmbeddedEcho(Vertx vertx, String version) {
    this.vertx = vertx;
    this.version = new JsonObject().put("version", version).toBuffer();
  }

  @Override
  public Future<SocketAddress> start() {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHttp2ClearTextEnabled(false)
            // "*" takes the first sub-protocol that the client offers, whatever it is.
            .setWebSocketSubProtocols(List.of("*"))
            .setMaxWebSocketFrameSize(FRAME_BYTES)
            .setMaxWebSocketMessageSize(FRAME_BYTES)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false);
    HttpServer server =
        vertx
            .createHttpServer(options)
            .requestHandler(this::answer)
            .webSocketHandshakeHandler(handshake -> {
              boolean known = handshake.path().equals("/ws/echo");
              Future<?> done = known ? handshake.accept() : handshake.reject(404);
              done.onFailure(gone -> {}); // the client left before the answer
            })
            .webSocketHandler(EmbeddedEcho::echo);
    return server
        .listen(0, LOOPBACK)
        .map(listening -> {
          running.set(listening);
          return SocketAddress.inetSocketAddress(listening.actualPort(), LOOPBACK);
        });
  }

  @Override
  public Future<Void> close() {
    HttpServer server = running.getAndSet(null);
    return server == null ? Future.succeededFuture() : server.close();
  }

  private void answer(HttpServerRequest request) {
    switch (request.path()) {
      case "/echo" -> RequestMirror.reflect(request);
      case "/sse" -> EventStream.answer(vertx, request);
      case "/version" -> json(request.response(), 200, version);
      case null, default ->
          json(request.response(), 404, new JsonObject().put("error", "not found").toBuffer());
    }
  }

  /** Sends a whole JSON answer; a client that is gone by then is nobody's loss. */
  static void json(HttpServerResponse response, int status, Buffer body) {
    response
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(body)
        .onFailure(gone -> {});
  }

  /** Frame by frame, so that a message of any length passes without being held whole. */
  private static void echo(ServerWebSocket socket) {
    socket.frameHandler(frame -> {
      if (carriesData(frame)) {
        socket.writeFrame(frame).onFailure(gone -> {});
        if (socket.writeQueueFull()) {
          socket.pause();
          socket.drainHandler(drained -> socket.resume());
        }
      }
    });
  }

  private static boolean carriesData(WebSocketFrame frame) {
    return frame.isText() || frame.isBinary() || frame.isContinuation();
  }
}
