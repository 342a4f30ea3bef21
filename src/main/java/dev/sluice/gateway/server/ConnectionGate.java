package dev.sluice.gateway.server;

import dev.sluice.gateway.config.ListenerConfig;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the byte-level guards tell of clients' connections; filled by {@code wire}.
 *
 * @param servers makes servers whose connections can be guarded from their first byte
 * @param install puts the guards in front of a fresh connection
 * @param violations what the guard found wrong with an invalid request
 */
public record ConnectionGate(
    Servers servers, BiConsumer<HttpConnection, ListenerConfig> install, Violations violations) {

  /** Makes a listener's server. */
  @FunctionalInterface
  public interface Servers {
    HttpServer create(Vertx vertx, HttpServerOptions options, ListenerConfig config);
  }

  /** Asks for the reason of an invalid request. */
  @FunctionalInterface
  public interface Violations {
    /** Null when the guard found nothing, and the decoder itself refused it. */
    @Nullable Violation of(HttpServerRequest request);
  }

  /** What is wrong. */
  public record Violation(dev.sluice.gateway.failure.Failure failure, String detail) {}
}
