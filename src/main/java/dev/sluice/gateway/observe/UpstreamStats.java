package dev.sluice.gateway.observe;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A read-only view of upstreams for metrics and the admin API; filled by whoever assembles them.
 * Any thread.
 */
@FunctionalInterface
public interface UpstreamStats {
  /** The upstreams now; cheap, as each scrape asks. */
  List<View> read();

  /**
   * One upstream.
   *
   * @param source where its endpoints come from, in words
   * @param discovery how it stands with whoever lists them, in words; null when nobody does
   * @param breaker {@code closed}, {@code open}, {@code half_open}, or {@code none}
   * @param retries attempts beyond the first, so far
   * @param retryBudget retries that the budget would still allow; NaN without a budget
   */
  record View(
      String name,
      String source,
      @Nullable String discovery,
      String breaker,
      long retries,
      double retryBudget,
      List<EndpointView> endpoints) {
    public View {
      endpoints = List.copyOf(endpoints);
    }
  }

  /**
   * One endpoint of it.
   *
   * @param inUse connections with an attempt on them
   * @param idle connections without one
   * @param pending attempts that wait for a connection
   * @param attempts finished attempts by outcome, a bounded set such as {@code success} or a reason
   */
  record EndpointView(
      String address,
      boolean healthy,
      boolean ejected,
      long ejections,
      int inUse,
      int idle,
      int pending,
      Map<String, Long> attempts) {
    public EndpointView {
      attempts = Map.copyOf(attempts);
    }
  }
}
