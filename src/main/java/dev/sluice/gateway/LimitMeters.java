package dev.sluice.gateway;

import dev.sluice.gateway.filter.limit.Limits;
import dev.sluice.gateway.filter.limit.QuotaBook;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.filter.limit.RateLimiter;
import dev.sluice.gateway.observe.MetricNames;
import dev.sluice.gateway.observe.Metrics;
import dev.sluice.gateway.observe.Metrics.Labelled;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Shows the limits of the node among the metrics. */
final class LimitMeters {
  private LimitMeters() {}

  static void show(Metrics metrics, Limits limits, Quotas quotas) {
    metrics.counters(
        MetricNames.QUOTA_REFUSED,
        "Requests that a quota refused.",
        each(quotas, QuotaBook.Stats::refused));
    metrics.counters(
        MetricNames.QUOTA_TOLERATED,
        "Requests that a quota's dry run would have refused.",
        each(quotas, QuotaBook.Stats::tolerated));
    metrics.gauges(
        MetricNames.QUOTA_KEYS,
        "Keys that a quota remembers.",
        each(quotas, QuotaBook.Stats::keys));
    metrics.counters(
        MetricNames.LIMIT_REFUSED,
        "Requests that a limit refused.",
        each(limits, RateLimiter.Stats::refused));
    metrics.counters(
        MetricNames.LIMIT_DELAYED,
        "Requests that waited for their turn.",
        each(limits, RateLimiter.Stats::delayed));
    metrics.counters(
        MetricNames.LIMIT_TOLERATED,
        "Requests that a dry run would have refused.",
        each(limits, RateLimiter.Stats::tolerated));
    metrics.gauges(
        MetricNames.LIMIT_KEYS,
        "Keys that a limit remembers.",
        each(limits, RateLimiter.Stats::keys));
  }

  private static Supplier<List<Labelled>> each(
      Quotas quotas, ToDoubleFunction<QuotaBook.Stats> value) {
    return () ->
        quotas.stats().stream()
            .map(stats -> new Labelled(value.applyAsDouble(stats), List.of("quota", stats.name())))
            .toList();
  }

  private static Supplier<List<Labelled>> each(
      Limits limits, ToDoubleFunction<RateLimiter.Stats> value) {
    return () ->
        limits.stats().stream()
            .map(stats -> new Labelled(value.applyAsDouble(stats), List.of("limit", stats.name())))
            .toList();
  }
}
