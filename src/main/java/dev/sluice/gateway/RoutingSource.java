package dev.sluice.gateway;

import dev.sluice.gateway.Gateway.StartFailed;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ConfigLoader.Result;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.DatabaseConfig.Kept;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RoutingText;
import dev.sluice.gateway.config.SourceConfig;
import dev.sluice.gateway.database.Databases;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.rollout.Candidate;
import dev.sluice.gateway.rollout.Rollout;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The routing part of a node that has it from a database. */
record RoutingSource(Path file, ConfigLoader loader, Rollout rollout) {
  /** Connections of its own: for looking, for a heartbeat, and for the admin API. */
  private static final int CONNECTIONS = 4;

  private static final long START_SECONDS = 60;

  /** What a node starts with; without a routing text the file has it all. */
  record Start(Result.Loaded loaded, @Nullable RoutingText routing) {}

  /** Null when the routing part stands in the node's files. */
  static @Nullable RoutingSource of(
      Path file, ConfigLoader loader, GatewayConfig config, Vertx vertx, Databases databases) {
    if (!(config.node().source() instanceof SourceConfig.Database source)) {
      return null;
    }
    DatabaseConfig shared = config.databases().get(source.database());
    if (shared == null) {
      throw new IllegalStateException("the loader lets no unknown database pass");
    }
    return new RoutingSource(
        file,
        loader,
        new Rollout(
            vertx,
            databases,
            shared.own(Kept.CONFIGURATION, CONNECTIONS),
            source.copy(),
            SystemTicker.INSTANCE));
  }

  /** Reads the active version, or the copy; blocks. */
  Start start(Result.Loaded own) throws StartFailed {
    RoutingText routing = read();
    return switch (loader.load(file, routing)) {
      case Result.Loaded loaded -> new Start(loaded, routing);
      case Result.Invalid invalid ->
          throw new StartFailed(
              "version "
                  + routing.version()
                  + " of the routing part does not fit this node\n"
                  + invalid.problems().stream()
                      .map(Problem::render)
                      .collect(Collectors.joining("\n")));
    };
  }

  private RoutingText read() throws StartFailed {
    try {
      return rollout
          .first()
          .toCompletionStage()
          .toCompletableFuture()
          .get(START_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new StartFailed("interrupted");
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new StartFailed(String.valueOf(cause.getMessage()));
    }
  }

  /** From now on the node takes what becomes active. */
  void follow(int adminPort, Candidate node) {
    rollout.begin(host() + ":" + adminPort, node);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unnamed) {
      return "node";
    }
  }
}
