package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.RetryBudget;
import org.jspecify.annotations.Nullable;

/** A named group of endpoints. Any thread, but for the shards. */
public interface Upstream {
  String name();

  UpstreamConfig config();

  /** What the loop with this index owns of it. */
  Shard shard(int loop);

  /** Null when switched off. */
  @Nullable Breaker breaker();

  /**
   * The budget for retries of this share; the same object for the same share. Cold path: ask when
   * routes compile.
   */
  RetryBudget retryBudget(double share);

  /** All endpoints known now, for the admin API and metrics. */
  java.util.List<Endpoint> endpoints();

  /** How it stands with whoever lists its endpoints, in words; null when nobody does. */
  @Nullable String discovery();

  /** Connections to this endpoint that nobody uses now, over all loops. */
  int idle(Endpoint endpoint);

  /** Attempts beyond the first, so far. */
  long retries();

  /** Retries that its budgets allow now. */
  long retryBalance();
}
