package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Reloader;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.config.DatabaseConfig;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.takeover.Handover;
import dev.sluice.gateway.wire.ServerSockets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a gateway does when another process takes its place. */
record Succession(Gateway gateway, ServerSockets listening, Reloader reloader, Cluster cluster)
    implements Handover.Leaver {
  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  /**
   * A configuration that is being taken is waited for; nothing else takes time. Less than the other
   * one waits for an answer.
   */
  private static final long STEP_SECONDS = 15;

  /**
   * Refuses what two processes cannot have at once, not even for a moment.
   *
   * @throws Gateway.StartFailed the files of an embedded database belong to the running one
   */
  static void check(GatewayConfig config) throws Gateway.StartFailed {
    for (Map.Entry<String, DatabaseConfig> each : config.databases().entrySet()) {
      if (each.getValue().source() instanceof DatabaseConfig.Embedded embedded
          && embedded.data() != null) {
        throw new Gateway.StartFailed(
            "database "
                + each.getKey()
                + " is embedded in the running gateway, which holds its files "
                + embedded.data()
                + ": stop that one and start anew");
      }
    }
  }

  @Override
  public @Nullable String freeze() {
    if (gateway.draining()) {
      return "the running gateway is draining";
    }
    if (settle(reloader.freeze())) {
      return null;
    }
    reloader.thaw();
    return "the running gateway is taking a configuration";
  }

  @Override
  public void thaw() {
    listening.handed(false);
    reloader.thaw();
  }

  @Override
  public Map<String, Integer> sockets() {
    listening.handed(true);
    return listening.descriptors();
  }

  @Override
  public void hold() {
    settle(listening.hold().toCompletionStage().toCompletableFuture());
  }

  @Override
  public CompletableFuture<Void> leave() {
    gateway.retireAdmin();
    // Errors of the drain are in its own log lines.
    gateway.drain();
    // Counts of quotas are handed in while it is still a member.
    return gateway.handIn().eventually(cluster::leave).toCompletionStage().toCompletableFuture();
  }

  private static boolean settle(CompletableFuture<?> step) {
    try {
      step.get(STEP_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("event=takeover_step_failed", e);
      return false;
    }
  }
}
