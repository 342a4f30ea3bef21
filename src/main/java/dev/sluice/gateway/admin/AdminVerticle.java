package dev.sluice.gateway.admin;

import dev.sluice.gateway.config.AdminConfig;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import org.jspecify.annotations.Nullable;

/** Serves the admin API on one event loop. One instance a process. */
public final class AdminVerticle extends VerticleBase {
  private final AdminConfig config;
  private final AdminPorts ports;
  private @Nullable HttpServer server;
  private volatile int port;

  public AdminVerticle(AdminConfig config, AdminPorts ports) {
    this.config = config;
    this.ports = ports;
  }

  @Override
  public Future<?> start() {
    Router router = new StatusApi(vertx, config, ports).router();
    HttpServerOptions options =
        new HttpServerOptions()
            .setIdleTimeout(75)
            .setMaxFormAttributeSize(1024)
            .setMaxHeaderSize(16 * 1024)
            .setHttp2ClearTextEnabled(false);
    HttpServer made = vertx.createHttpServer(options).requestHandler(router);
    server = made;
    return made.listen(config.port(), config.address())
        .onSuccess(listening -> port = listening.actualPort());
  }

  /** The port it listens on; 0 before it does. Any thread. */
  public int port() {
    return port;
  }

  @Override
  public Future<?> stop() {
    HttpServer open = server;
    return open == null ? Future.succeededFuture() : open.close();
  }
}
