package dev.sluice.gateway.server;

import dev.sluice.gateway.config.DrainConfig;
import dev.sluice.gateway.exchange.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node leaves: answers begin to close their connections at once, listeners close after the
 * delay, what is in flight gets its time, WebSockets are told to go away, and the rest is cut.
 */
public final class Drain {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  /** How long a listener that was taken out of the configuration lives on for its clients. */
  static final long LEAVING_MILLIS = 30_000;

  private static final long POLL_MILLIS = 20;

  private final Vertx vertx;
  private final List<ServerVerticle> servers;
  private final List<Loop> loops;

  public Drain(Vertx vertx, List<ServerVerticle> servers, List<Loop> loops) {
    this.vertx = vertx;
    this.servers = List.copyOf(servers);
    this.loops = List.copyOf(loops);
  }

  /**
   * Leaves; completes when nothing is in flight any more or the time is over, and the listeners are
   * closed.
   */
  public Future<Void> run(DrainConfig config) {
    return all(ServerVerticle::drain)
        .compose(nothing -> pause(config.delay().toMillis()))
        .compose(nothing -> all(server -> server.stopAccepting(config.timeout().toMillis())))
        .compose(nothing -> all(ServerVerticle::closeWebSockets))
        .compose(nothing -> untilIdle(config.timeout().toMillis()))
        .compose(nothing -> all(server -> server.cancelAll("the gateway stops")))
        .compose(nothing -> all(ServerVerticle::close));
  }

  private Future<Void> all(java.util.function.Function<ServerVerticle, Future<Void>> step) {
    return Future.join(servers.stream().map(step).toList())
        .transform(done -> Future.succeededFuture());
  }

  private Future<Void> pause(long millis) {
    if (millis <= 0) {
      return Future.succeededFuture();
    }
    return vertx.timer(millis, java.util.concurrent.TimeUnit.MILLISECONDS).mapEmpty();
  }

  private Future<Void> untilIdle(long millis) {
    Promise<Void> idle = Promise.promise();
    long[] left = {millis};
    vertx.setPeriodic(
        1,
        POLL_MILLIS,
        timer -> {
          left[0] -= POLL_MILLIS;
          int inFlight = loops.stream().mapToInt(loop -> loop.inFlight().size()).sum();
          if (left[0] <= 0 || inFlight == 0) {
            vertx.cancelTimer(timer);
            if (inFlight > 0) {
              LOG.warn("event=drain_timeout cut_off={}", inFlight);
            }
            idle.tryComplete();
          }
        });
    return idle.future();
  }
}
