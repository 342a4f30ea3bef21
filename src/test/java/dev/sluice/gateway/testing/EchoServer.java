package dev.sluice.gateway.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/** A server that sends back what it gets: bodies of requests, and messages of WebSockets. */
public final class EchoServer implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final int port;

  private EchoServer() throws Exception {
    port =
        settle(
                vertx
                    .createHttpServer()
                    .webSocketHandler(socket -> socket.textMessageHandler(socket::writeTextMessage))
                    .requestHandler(
                        request -> request.body().onSuccess(body -> request.response().end(body)))
                    .listen(0, "127.0.0.1"))
            .actualPort();
  }

  /** Starts one on the loopback address. */
  public static EchoServer start() throws Exception {
    return new EchoServer();
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  private static <T> T settle(Future<T> step) throws Exception {
    return step.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    settle(vertx.close());
  }
}
