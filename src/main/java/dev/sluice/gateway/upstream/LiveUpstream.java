package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.RetryBudget;
import dev.sluice.gateway.resilience.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** An upstream in service: what all loops share of it, and the way of changes to each loop. */
public final class LiveUpstream implements Upstream, Siblings {
  private static final int RETRIES_PER_SECOND = 3;

  private final UpstreamConfig config;
  private final Ticker ticker;
  private final List<Loop> loops;
  private final LoopShard[] shards;
  private final @Nullable Breaker breaker;
  private final Map<Double, RetryBudget> budgets = new ConcurrentHashMap<>();
  private final List<EndpointPool> pools = new CopyOnWriteArrayList<>();
  private final Places total;
  private volatile List<Endpoint> endpoints = List.of();
  private volatile boolean resolved;
  private final List<AutoCloseable> helpers = new ArrayList<>();
  private volatile ServiceDirectory.@Nullable Watch followed;

  LiveUpstream(
      UpstreamConfig config,
      List<Loop> loops,
      ConnectionGuard guard,
      @Nullable Breaker breaker,
      Ticker ticker) {
    this.config = config;
    this.loops = List.copyOf(loops);
    this.breaker = breaker;
    this.ticker = ticker;
    this.total = new Places(config.pool().total());
    this.shards = new LoopShard[loops.size()];
    for (int i = 0; i < shards.length; i++) {
      shards[i] = new LoopShard(this, loops.get(i), guard);
    }
  }

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public UpstreamConfig config() {
    return config;
  }

  @Override
  public Shard shard(int loop) {
    return shards[loop];
  }

  @Override
  public @Nullable Breaker breaker() {
    return breaker;
  }

  @Override
  public RetryBudget retryBudget(double share) {
    return budgets.computeIfAbsent(
        share, wanted -> new RetryBudget(wanted, RETRIES_PER_SECOND, ticker));
  }

  @Override
  public List<Endpoint> endpoints() {
    return endpoints;
  }

  @Override
  public int idle(Endpoint endpoint) {
    int idle = 0;
    for (EndpointPool pool : pools) {
      if (pool.endpoint() == endpoint) {
        idle += pool.idleCount();
      }
    }
    return idle;
  }

  @Override
  public long retries() {
    return budgets.values().stream().mapToLong(RetryBudget::withdrawn).sum();
  }

  @Override
  public long retryBalance() {
    return budgets.values().stream().mapToLong(RetryBudget::balance).sum();
  }

  @Override
  public @Nullable String discovery() {
    ServiceDirectory.Watch watch = followed;
    return watch == null ? null : watch.state();
  }

  /** There are other endpoints now; each loop is told. Any thread. */
  void endpoints(List<Endpoint> next) {
    resolved = true;
    endpoints = List.copyOf(next);
    EndpointSet set = new EndpointSet(next);
    for (int i = 0; i < shards.length; i++) {
      LoopShard shard = shards[i];
      loops.get(i).context().runOnContext(nothing -> shard.endpoints(set));
    }
  }

  /** Its endpoints are those that this watch finds. */
  void follow(ServiceDirectory.Watch watch) {
    followed = watch;
    attach(watch);
  }

  /** Closed together with the upstream. */
  void attach(AutoCloseable helper) {
    helpers.add(helper);
  }

  Failure unavailable() {
    // Not looked up by name: what runs inside this process, and what Kubernetes lists.
    boolean named =
        switch (config.source()) {
          case Source.Endpoints given -> true;
          case Source.Dns dns -> true;
          case Source.Embedded server -> false;
          case Source.Kubernetes service -> false;
        };
    return named && !resolved ? Failure.DNS_FAILED : Failure.NO_HEALTHY_ENDPOINT;
  }

  @Override
  public void askForIdle(EndpointPool asker, boolean anywhere) {
    for (EndpointPool pool : pools) {
      if (pool != asker
          && pool.idleCount() > 0
          && (anywhere || pool.endpoint() == asker.endpoint())) {
        pool.giveUpIdle();
        return;
      }
    }
  }

  @Override
  public Places total() {
    return total;
  }

  void register(EndpointPool pool) {
    pools.add(pool);
  }

  void unregister(EndpointPool pool) {
    pools.remove(pool);
  }

  /** Stops probes and look-ups; idle connections close, others when they come free. */
  public void close() {
    for (AutoCloseable helper : helpers) {
      try {
        helper.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    for (int i = 0; i < shards.length; i++) {
      LoopShard shard = shards[i];
      loops.get(i).context().runOnContext(nothing -> shard.close());
    }
  }
}
