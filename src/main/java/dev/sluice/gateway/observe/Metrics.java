package dev.sluice.gateway.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * What {@code GET /metrics} shows. The counts of exchanges are the gateway's own ({@link Meters})
 * and are written as text here; all that is read only at a scrape goes through Micrometer's
 * registry. Any thread.
 */
public final class Metrics implements AutoCloseable {
  private static final double[] BOUNDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
  };
  private static final Duration[] TIMES =
      Arrays.stream(BOUNDS)
          .mapToObj(bound -> Duration.ofNanos(Math.round(bound * 1e9)))
          .toArray(Duration[]::new);
  private static final List<String> BREAKER_STATES = List.of("closed", "open", "half_open");
  private static final Path STATUS = Path.of("/proc/self/status");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final Meters meters;

  /** Binds the JVM's and the process's numbers. */
  public Metrics(Meters meters) {
    this.meters = meters;
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    gc.bindTo(registry);
    gauge(MetricNames.RESIDENT, "Resident memory of the process", Metrics::residentBytes);
  }

  /** Shows a value that goes up and down; {@code labels} are names and values in turn. */
  public void gauge(String name, String help, DoubleSupplier value, String... labels) {
    Gauge.builder(name, value, DoubleSupplier::getAsDouble)
        .strongReference(true)
        .description(help)
        .tags(labels)
        .register(registry);
  }

  /**
   * One of several values of a name.
   *
   * @param labels names and values in turn
   */
  public record Labelled(double value, List<String> labels) {}

  /** Values of a name whose labels come and go. */
  private record Family(String name, String type, String help, Supplier<List<Labelled>> values) {
    void write(PrometheusText text) {
      text.family(name, type, help);
      for (Labelled each : values.get()) {
        text.sample(name, each.value(), each.labels().toArray(String[]::new));
      }
    }
  }

  /** Shows values whose labels come and go; asked at each scrape. */
  public void gauges(String name, String help, Supplier<List<Labelled>> values) {
    families.add(new Family(name, "gauge", help, values));
  }

  /** The same for counts that only grow. */
  public void counters(String name, String help, Supplier<List<Labelled>> values) {
    families.add(new Family(name, "counter", help, values));
  }

  /** Shows a count that only grows. */
  public void counter(String name, String help, DoubleSupplier value, String... labels) {
    FunctionCounter.builder(name, value, DoubleSupplier::getAsDouble)
        .description(help)
        .tags(labels)
        .register(registry);
    held.add(value);
  }

  /** Adds a duration to a histogram; labels of few values only. Any thread. */
  public void time(String name, String help, long nanos, String... labels) {
    Timer.builder(name)
        .description(help)
        .tags(labels)
        .serviceLevelObjectives(TIMES)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  // The registry holds a counter's source weakly.
  private final List<DoubleSupplier> held = new CopyOnWriteArrayList<>();
  private final List<Family> families = new CopyOnWriteArrayList<>();

  /** The whole text, format 0.0.4. */
  public String scrape() {
    PrometheusText text = new PrometheusText();
    List<MeterSet> routes = meters.routeSets();
    exchanges(text, routes);
    text.family(MetricNames.BYTES_IN, "counter", "Body bytes from clients");
    routes.forEach(set -> text.sample(MetricNames.BYTES_IN, set.bytesIn(), "route", set.name()));
    text.family(MetricNames.BYTES_OUT, "counter", "Body bytes to clients");
    routes.forEach(set -> text.sample(MetricNames.BYTES_OUT, set.bytesOut(), "route", set.name()));
    upstreams(text, meters.upstreamViews());
    families.forEach(family -> family.write(text));
    return text + registry.scrape();
  }

  private static void exchanges(PrometheusText text, List<MeterSet> routes) {
    PrometheusText counts = text;
    counts.family(MetricNames.EXCHANGES, "counter", "Finished exchanges");
    each(routes, (labels, sum) -> counts.sample(MetricNames.EXCHANGES, sum.count(), labels));
    text.family(MetricNames.EXCHANGE_SECONDS, "histogram", "Seconds from head to last byte");
    each(routes, (labels, sum) -> histogram(text, labels, sum));
  }

  private interface Series {
    void accept(String[] labels, LatencySum sum);
  }

  private static void each(List<MeterSet> routes, Series series) {
    for (MeterSet set : routes) {
      for (int key = 0; key < MeterCell.SERIES; key++) {
        LatencySum sum = set.series(key);
        if (sum != null) {
          series.accept(labels(set.name(), key), sum);
        }
      }
    }
  }

  private static String[] labels(String route, int key) {
    int group = key / (MeterCell.REASONS.length + 1);
    int reason = key % (MeterCell.REASONS.length + 1);
    return new String[] {
      "route", route,
      "status", group == 0 ? "none" : group + "xx",
      "reason", reason == 0 ? "" : MeterCell.REASONS[reason - 1].reason()
    };
  }

  private static void histogram(PrometheusText text, String[] labels, LatencySum sum) {
    String[] more = java.util.Arrays.copyOf(labels, labels.length + 2);
    more[labels.length] = "le";
    String bucket = MetricNames.EXCHANGE_SECONDS + "_bucket";
    for (double bound : BOUNDS) {
      more[labels.length + 1] = Double.toString(bound);
      text.sample(bucket, sum.atMost(Math.round(bound * 1e9)), more);
    }
    more[labels.length + 1] = "+Inf";
    text.sample(bucket, sum.count(), more);
    text.sample(MetricNames.EXCHANGE_SECONDS + "_sum", sum.sumNanos / 1e9, labels);
    text.sample(MetricNames.EXCHANGE_SECONDS + "_count", sum.count(), labels);
  }

  private interface EndpointNumber {
    double of(UpstreamStats.EndpointView endpoint);
  }

  private static void upstreams(PrometheusText text, List<UpstreamStats.View> views) {
    text.family(MetricNames.ATTEMPTS, "counter", "Finished attempts at endpoints");
    for (UpstreamStats.View view : views) {
      for (UpstreamStats.EndpointView endpoint : view.endpoints()) {
        endpoint
            .attempts()
            .forEach((outcome, count) ->
                text.sample(
                    MetricNames.ATTEMPTS,
                    count,
                    "upstream",
                    view.name(),
                    "endpoint",
                    endpoint.address(),
                    "outcome",
                    outcome));
      }
    }
    text.family(MetricNames.POOL_CONNECTIONS, "gauge", "Connections to endpoints");
    samples(text, MetricNames.POOL_CONNECTIONS, views, e -> e.inUse(), "state", "in_use");
    samples(text, MetricNames.POOL_CONNECTIONS, views, e -> e.idle(), "state", "idle");
    text.family(MetricNames.POOL_PENDING, "gauge", "Attempts that wait for a connection");
    samples(text, MetricNames.POOL_PENDING, views, e -> e.pending());
    text.family(MetricNames.ENDPOINT_HEALTHY, "gauge", "1 for a healthy endpoint");
    samples(text, MetricNames.ENDPOINT_HEALTHY, views, e -> e.healthy() ? 1 : 0);
    text.family(MetricNames.ENDPOINT_EJECTED, "gauge", "1 while an endpoint is ejected");
    samples(text, MetricNames.ENDPOINT_EJECTED, views, e -> e.ejected() ? 1 : 0);
    text.family(MetricNames.EJECTIONS, "counter", "Ejections of endpoints");
    samples(text, MetricNames.EJECTIONS, views, e -> e.ejections());
    text.family(MetricNames.BREAKER_STATE, "gauge", "1 for the state that holds");
    for (UpstreamStats.View view : views) {
      for (String state : BREAKER_STATES) {
        double holds = view.breaker().toLowerCase(Locale.ROOT).equals(state) ? 1 : 0;
        text.sample(MetricNames.BREAKER_STATE, holds, "upstream", view.name(), "state", state);
      }
    }
    text.family(MetricNames.RETRIES, "counter", "Attempts beyond the first");
    views.forEach(v -> text.sample(MetricNames.RETRIES, v.retries(), "upstream", v.name()));
    text.family(MetricNames.RETRY_BUDGET, "gauge", "Retries that the budget would still allow");
    views.forEach(
        v -> text.sample(MetricNames.RETRY_BUDGET, v.retryBudget(), "upstream", v.name()));
  }

  private static void samples(
      PrometheusText text,
      String name,
      List<UpstreamStats.View> views,
      EndpointNumber number,
      String... extra) {
    for (UpstreamStats.View view : views) {
      for (UpstreamStats.EndpointView endpoint : view.endpoints()) {
        String[] labels =
            java.util.Arrays.copyOf(
                new String[] {"upstream", view.name(), "endpoint", endpoint.address()},
                4 + extra.length);
        System.arraycopy(extra, 0, labels, 4, extra.length);
        text.sample(name, number.of(endpoint), labels);
      }
    }
  }

  private static double residentBytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024.0;
        }
      }
    } catch (IOException e) {
      return Double.NaN; // not Linux
    }
    return Double.NaN;
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }
}
