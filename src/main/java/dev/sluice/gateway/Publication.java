package dev.sluice.gateway;

import dev.sluice.gateway.assemble.ListenerRefused;
import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.jobs.Jobs;
import dev.sluice.gateway.server.ServerVerticle;
import dev.sluice.gateway.server.UnixSockets;
import dev.sluice.gateway.wire.ServerSockets;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings snapshots to all loops.
 *
 * @param current the snapshot that serves; null before the first
 */
record Publication(
    List<ServerVerticle> servers,
    ServerSockets sockets,
    Telemetry telemetry,
    Jobs jobs,
    Cluster cluster,
    StatementWarnings statements,
    Supplier<@Nullable Snapshot> current)
    implements Reloader.Publisher {
  @Override
  public Future<Void> open(Snapshot snapshot) {
    ListenerRefused taken = UnixSockets.taken(snapshot, current.get(), sockets::inherits);
    if (taken != null) {
      return Future.failedFuture(taken);
    }
    return all(server -> server.open(snapshot))
        .recover(
            cause -> all(ServerVerticle::withdraw).transform(done -> Future.failedFuture(cause)));
  }

  @Override
  public Future<Void> swap(Snapshot snapshot, boolean filesChanged) {
    telemetry.use(snapshot.config().accessLog());
    return servers
        .getFirst()
        .warm(snapshot)
        .compose(nothing -> all(server -> server.release(snapshot)))
        .compose(nothing -> inTurn(server -> server.swap(snapshot, filesChanged)));
  }

  @Override
  public void taken(Snapshot snapshot) {
    telemetry.taken(snapshot);
    statements.look(snapshot);
    NodeJobs.use(jobs, snapshot);
    cluster.serves(snapshot.version());
  }

  /**
   * One loop after the other: what two of them ask at once of the socket that they share, new
   * certificates for instance, Vert.x answers by calling itself without end.
   */
  private Future<Void> inTurn(Function<ServerVerticle, Future<Void>> step) {
    Future<Void> done = Future.succeededFuture();
    for (ServerVerticle server : servers) {
      done = done.compose(nothing -> step.apply(server));
    }
    return done;
  }

  private Future<Void> all(Function<ServerVerticle, Future<Void>> step) {
    return Future.join(servers.stream().map(step).toList()).mapEmpty();
  }
}
