package dev.sluice.gateway.embedded;

import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Starts a server when it is asked for first. Everyone who asks meanwhile shares that start; a
 * failed one is forgotten, so that the next to ask tries again, until the breaker says that trying
 * is useless for now. Any thread.
 */
final class LazyServer {
  private final EmbeddedServer server;
  private final CircuitBreaker breaker;
  private final AtomicReference<@Nullable Future<SocketAddress>> started = new AtomicReference<>();

  LazyServer(EmbeddedServer server, CircuitBreaker breaker) {
    this.server = server;
    this.breaker = breaker;
  }

  Future<SocketAddress> address() {
    Future<SocketAddress> running = started.get();
    if (running != null) {
      return running;
    }
    Promise<SocketAddress> promise = Promise.promise();
    if (!started.compareAndSet(null, promise.future())) {
      return address();
    }
    breaker
        .execute(server::start)
        .onComplete(result -> {
          if (result.failed()) {
            started.compareAndSet(promise.future(), null);
          }
          promise.handle(result);
        });
    return promise.future();
  }

  /** Waits for a start under way, then closes what came of it. */
  Future<Void> close() {
    Future<SocketAddress> running = started.getAndSet(null);
    Future<Void> closed =
        running == null ? Future.succeededFuture() : running.transform(result -> server.close());
    return closed.eventually(() -> {
      breaker.close();
      return Future.succeededFuture();
    });
  }
}
