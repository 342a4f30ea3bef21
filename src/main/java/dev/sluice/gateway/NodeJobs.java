package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.JobsConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.jobs.JobRegistry;
import dev.sluice.gateway.jobs.Jobs;
import dev.sluice.gateway.offload.Offload;
import dev.sluice.gateway.offload.OffloadMeter;
import dev.sluice.gateway.offload.OffloadSettings;
import dev.sluice.gateway.offload.OffloadSettings.Threads;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.route.Route;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes the pools and the jobs of a node. */
final class NodeJobs {
  private NodeJobs() {}

  /**
   * Makes them; nothing runs before the pools are started.
   *
   * @param snapshot the one that serves; null before the first
   */
  static Jobs make(
      Vertx vertx,
      JobsConfig config,
      List<Loop> loops,
      OffloadMeter meter,
      Supplier<@Nullable Snapshot> snapshot) {
    Offload offload =
        new Offload(
            vertx,
            settings(config),
            loops.stream().map(Loop::context).toList(),
            SystemTicker.INSTANCE,
            meter);
    String store = config.store();
    return new Jobs(
        vertx,
        config,
        JobRegistry.load(config),
        offload,
        loops,
        () -> {
          Snapshot now = snapshot.get();
          return now == null || store == null ? null : now.databases().get(store);
        },
        Clock.systemUTC());
  }

  private static OffloadSettings settings(JobsConfig config) {
    JobsConfig.Cpu cpu = config.cpu();
    JobsConfig.Blocking blocking = config.blocking();
    int threads = cpu.threads() > 0 ? cpu.threads() : Runtime.getRuntime().availableProcessors();
    return new OffloadSettings(
        new OffloadSettings.Pool(
            threads, cpu.queue(), cpu.background() ? Threads.BACKGROUND : Threads.PLATFORM),
        new OffloadSettings.Pool(
            blocking.max(),
            blocking.queue(),
            blocking.virtual() ? Threads.VIRTUAL : Threads.PLATFORM),
        new OffloadSettings.Pool(config.loop().max(), config.loop().queue(), Threads.LOOPS));
  }

  /** The routes of a snapshot that runs from now on. */
  static void use(Jobs jobs, Snapshot snapshot) {
    Map<RouteConfig, Action> routes = new LinkedHashMap<>();
    for (Route route : snapshot.routes().routes()) {
      routes.put(route.config(), route.action());
    }
    jobs.use(routes, snapshot.ingresses().getFirst());
  }
}
