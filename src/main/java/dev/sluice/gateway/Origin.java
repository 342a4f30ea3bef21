package dev.sluice.gateway;

import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.takeover.Predecessor;
import dev.sluice.gateway.wire.ServerSockets;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start begins with.
 *
 * @param nameServer null for the system's
 * @param predecessor the process whose place is taken; null when there is none
 */
record Origin(
    long startNanos, @Nullable InetSocketAddress nameServer, @Nullable Predecessor predecessor) {
  private static final Logger LOG = LoggerFactory.getLogger(Origin.class);

  static Origin of(@Nullable InetSocketAddress nameServer, @Nullable Predecessor predecessor) {
    return new Origin(SystemTicker.INSTANCE.nanos(), nameServer, predecessor);
  }

  /** The sockets to listen on; none of them accepts before {@link #take}. */
  ServerSockets sockets() {
    Predecessor before = predecessor;
    if (before == null) {
      return new ServerSockets(Map.of());
    }
    ServerSockets sockets = new ServerSockets(before.sockets());
    sockets.handed(true);
    return sockets;
  }

  /** Completes when no other process holds what only one can have. */
  Future<Void> alone() {
    Predecessor before = predecessor;
    return before == null ? Future.succeededFuture() : Future.fromCompletionStage(before.gone());
  }

  /**
   * Begins to accept, and tells the predecessor to leave. Both accept for a moment.
   *
   * @throws IOException it does not leave
   */
  void take(ServerSockets sockets) throws IOException {
    Predecessor before = predecessor;
    if (before != null) {
      sockets.accept();
      before.replace();
      sockets.handed(false);
      LOG.info("event=taken_over from=\"{}\" sockets={}", before.who(), before.sockets().keySet());
    }
  }
}
