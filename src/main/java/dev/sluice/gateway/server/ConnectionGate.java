package dev.sluice.gateway.server;

import dev.sluice.gateway.config.ListenerConfig;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the byte-level guards tell of clients' connections; filled by {@code wire}.
 *
 * @param install puts the guards in front of a fresh connection
 * @param violations what the guard found wrong with an invalid request
 */
public record ConnectionGate(
    BiConsumer<HttpConnection, ListenerConfig> install, Violations violations) {

  /** Asks for the reason of an invalid request. */
  @FunctionalInterface
  public interface Violations {
    /** Null when the guard found nothing, and the decoder itself refused it. */
    @Nullable Violation of(HttpServerRequest request);
  }

  /** What is wrong. */
  public record Violation(dev.sluice.gateway.failure.Failure failure, String detail) {}
}
