package dev.sluice.gateway.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One filter of a policy or a route. */
public sealed interface FilterConfig {
  /**
   * Changes headers of the request and of the answer; values of {@code set} and {@code add} are
   * templates.
   */
  record Headers(Changes request, Changes response) implements FilterConfig {
    /** Applied in the order remove, set, add. Names are case-insensitive. */
    public record Changes(Map<String, String> set, Map<String, String> add, List<String> remove) {
      public Changes {
        set = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(set));
        add = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(add));
        remove = List.copyOf(remove);
      }
    }
  }

  /**
   * Refuses larger request bodies with {@code body_too_large}: declared ones at once, others when
   * they pass the bound.
   */
  record RequestSize(long maxBytes) implements FilterConfig {}

  /**
   * Bounds how often: a token bucket for each key (RFC 2697 has the idea; {@code rate_limited}).
   *
   * @param burst how many may come at once after a pause; at least {@code cost}
   * @param onPartition of use with the scope of a cluster only
   * @param cost tokens of one request
   * @param dryRun whether it only counts
   * @param keys how many keys are remembered
   */
  record RateLimit(
      Rate rate,
      long burst,
      LimitConfig.Key key,
      LimitConfig.Scope scope,
      LimitConfig.OnPartition onPartition,
      int cost,
      LimitConfig.OnLimit onLimit,
      boolean dryRun,
      int keys)
      implements FilterConfig {}

  /**
   * Bounds how many pass in a period of the calendar ({@code rate_limited}).
   *
   * @param cost what one request takes of it; at most {@code limit}
   * @param dryRun whether it only counts
   * @param keys how many keys are remembered
   * @param database where the counts are kept; null for the cluster, or for this node alone
   */
  record Quota(
      long limit,
      LimitConfig.Period per,
      LimitConfig.Key key,
      int cost,
      LimitConfig.OnPartition onPartition,
      boolean dryRun,
      int keys,
      @Nullable String database)
      implements FilterConfig {}

  /**
   * Cross-origin resource sharing (the Fetch standard, "CORS protocol").
   *
   * @param origins exact origins, {@code https://*.example.com}, or {@code *}
   * @param maxAge how long a browser may keep a preflight's answer
   */
  record Cors(
      List<String> origins,
      List<String> methods,
      List<String> headers,
      List<String> expose,
      boolean credentials,
      Duration maxAge)
      implements FilterConfig {
    public Cors {
      origins = List.copyOf(origins);
      methods = List.copyOf(methods);
      headers = List.copyOf(headers);
      expose = List.copyOf(expose);
    }
  }
}
