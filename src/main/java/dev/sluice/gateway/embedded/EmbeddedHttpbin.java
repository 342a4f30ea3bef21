package dev.sluice.gateway.embedded;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;
import org.gaul.httpbin.HttpBin;
import org.jspecify.annotations.Nullable;

/**
 * httpbin on Jetty, with threads of its own: a server that is not built like the gateway. Jetty
 * starts and stops on a worker thread, as both block.
 */
final class EmbeddedHttpbin implements EmbeddedServer {
  private static final String LOOPBACK = "127.0.0.1";

  private final Vertx vertx;
  private final AtomicReference<@Nullable HttpBin> running = new AtomicReference<>();

  EmbeddedHttpbin(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public Future<SocketAddress> start() {
    return vertx.executeBlocking(
        () -> {
          try {
            HttpBin httpbin = new HttpBin(URI.create("http://" + LOOPBACK + ":0"));
            httpbin.start();
            running.set(httpbin);
            return SocketAddress.inetSocketAddress(httpbin.getPort(), LOOPBACK);
          } catch (
              NoClassDefFoundError left) { // out of the image: docs/adr/0018-image-and-manifests.md
            throw new IOException("this installation has no embedded httpbin", left);
          }
        },
        false);
  }

  @Override
  public Future<Void> close() {
    return vertx.executeBlocking(
        () -> {
          HttpBin httpbin = running.getAndSet(null);
          if (httpbin != null) {
            httpbin.stop();
          }
          return null;
        },
        false);
  }
}
