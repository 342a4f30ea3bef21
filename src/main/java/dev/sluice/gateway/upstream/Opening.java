package dev.sluice.gateway.upstream;

import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One connection that is being opened, and how long that may take. Confined to its loop. */
final class Opening {
  /**
   * How connections to one endpoint are opened.
   *
   * @param to what clients are told of where it leads: never an address
   */
  record Way(
      String to,
      Loop loop,
      HttpClientAgent client,
      HttpConnectOptions options,
      ConnectionGuard guard,
      boolean http2,
      long boundNanos) {}

  /** Who opens it. */
  interface Owner {
    /** It takes longer than it may; {@link #ended} follows all the same, whenever that is. */
    void late();

    /**
     * It is open, or failed.
     *
     * @param connection null when it failed
     * @param cause why it failed
     */
    void ended(@Nullable HttpClientConnection connection, @Nullable Throwable cause);
  }

  private final Way way;
  private final Owner owner;
  private final Timer bound;

  private Opening(Way way, Owner owner) {
    this.way = way;
    this.owner = owner;
    this.bound = way.loop.timers().timer(owner::late);
  }

  /** Begins; the owner is told later, never before this returns. */
  static void begin(Way way, Owner owner) {
    Opening opening = new Opening(way, owner);
    opening.bound.at(way.loop.ticker().nanos() + way.boundNanos);
    way.loop.context().runOnContext(nothing -> opening.connect());
  }

  private void connect() {
    Future<HttpClientConnection> connecting;
    try {
      connecting = way.client.connect(way.options);
    } catch (RuntimeException refused) {
      connecting = Future.failedFuture(refused);
    }
    connecting.onComplete(this::ended);
  }

  private void ended(@Nullable HttpClientConnection connection, @Nullable Throwable cause) {
    bound.cancel();
    Throwable refused = connection == null ? cause : unfit(connection);
    owner.ended(refused == null ? connection : null, refused);
  }

  /** What speaks against a fresh connection; it is closed then. */
  private @Nullable Throwable unfit(HttpClientConnection connection) {
    if (!way.guard.open(connection)) {
      return new ClosedChannelException(); // and its close handler would never be called
    }
    if (way.http2 && !speaksHttp2(connection)) {
      Watched.quietly(connection.close());
      return new SSLException("the endpoint did not choose HTTP/2");
    }
    return null;
  }

  private static boolean speaksHttp2(HttpClientConnection connection) {
    try {
      return connection.settings() != null;
    } catch (UnsupportedOperationException http1) {
      return false;
    }
  }
}
