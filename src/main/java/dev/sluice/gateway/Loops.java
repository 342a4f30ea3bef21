package dev.sluice.gateway;

import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.exchange.Aside;
import dev.sluice.gateway.exchange.InFlight;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Turn;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.resilience.WheelTimers;
import dev.sluice.gateway.wire.Connections;
import dev.sluice.gateway.wire.ServerSockets;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Clock;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Makes Vert.x and its event loops. */
final class Loops {
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int WORKERS = 4;

  private Loops() {}

  /** One loop a core, or as many as the configuration says. */
  static int count(GatewayConfig config) {
    int wanted = config.node().loops();
    return wanted > 0 ? wanted : Runtime.getRuntime().availableProcessors();
  }

  static Vertx vertx(ServerSockets sockets, int loops, boolean debug) {
    VertxOptions options =
        new VertxOptions()
            .setPreferNativeTransport(true)
            // One more for the admin API and for control, so that they share no loop with requests.
            .setEventLoopPoolSize(loops + 1)
            .setWorkerPoolSize(WORKERS)
            .setInternalBlockingPoolSize(WORKERS)
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setFileCachingEnabled(false)
                    .setClassPathResolvingEnabled(false));
    if (debug) {
      ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
      options
          .setBlockedThreadCheckInterval(50)
          .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
          .setMaxEventLoopExecuteTime(50)
          .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS);
    } else {
      // The loop monitor watches more closely and shows the stack.
      options.setBlockedThreadCheckInterval(Integer.MAX_VALUE);
    }
    return sockets.vertx(options);
  }

  /** What belongs to a loop; called on it. */
  static Loop make(int index, Vertx vertx, Context context, Ticker ticker, Aside aside) {
    WheelTimers[] wheel = new WheelTimers[1];
    WheelTimers timers =
        new WheelTimers(
            ticker,
            TICK_NANOS,
            nanos ->
                vertx.setTimer(TimeUnit.NANOSECONDS.toMillis(nanos), timer -> wheel[0].advance()));
    wheel[0] = timers;
    return new Loop(
        index,
        vertx,
        context,
        timers,
        new SplittableRandom(),
        new Turn(context, Connections.nextTurn(context)),
        Clock.systemUTC(),
        new InFlight(),
        aside);
  }
}
