package dev.sluice.gateway.admin;

import dev.sluice.gateway.config.AdminConfig;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Serves the admin API on one event loop. One instance a process. */
public final class AdminVerticle extends VerticleBase {
  private static final long RETIRING_SECONDS = 5;

  private final Context control;
  private final AdminConfig config;
  private final AdminPorts ports;
  private final UnaryOperator<HttpServerOptions> named;
  private volatile @Nullable HttpServer server;
  private volatile int port;

  /**
   * @param control whose loop it serves on: the one that no request has
   * @param named gives the server the name by which its socket is found
   */
  public AdminVerticle(
      Context control,
      AdminConfig config,
      AdminPorts ports,
      UnaryOperator<HttpServerOptions> named) {
    this.control = control;
    this.config = config;
    this.ports = ports;
    this.named = named;
  }

  @Override
  public Future<?> start() {
    Promise<HttpServer> listens = Promise.promise();
    control.runOnContext(now -> listen().onComplete(listens)); // a server runs where it listens
    return listens.future();
  }

  private Future<HttpServer> listen() {
    Router router = new StatusApi(vertx, config, ports).router();
    HttpServerOptions options =
        new HttpServerOptions()
            .setIdleTimeout(75)
            .setMaxFormAttributeSize(1024)
            .setMaxHeaderSize(16 * 1024)
            .setHttp2ClearTextEnabled(false);
    HttpServer made = vertx.createHttpServer(named.apply(options)).requestHandler(router);
    server = made;
    return made.listen(config.port(), config.address())
        .onSuccess(listening -> port = listening.actualPort());
  }

  /** The port it listens on; 0 before it does. Any thread. */
  public int port() {
    return port;
  }

  /** Takes no more connections; what is under way is answered. Any thread. */
  public Future<Void> retire() {
    HttpServer open = server;
    return open == null
        ? Future.succeededFuture()
        : open.shutdown(RETIRING_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public Future<?> stop() {
    HttpServer open = server;
    return open == null ? Future.succeededFuture() : open.close();
  }
}
