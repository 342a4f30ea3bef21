package dev.sluice.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.failure.Failure;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MetersTest {
  private final Meters meters = new Meters(2);

  @Test
  void countsOfAllLoopsAreAddedUp() {
    meters.route("a").record(0, "u", 200, null, 2_000_000, 1, 10, 20);
    meters.route("a").record(1, "u", 502, Failure.CONNECT_FAILED, 4_000_000, 2, 1, 2);
    Summary summary = meters.route("a").summary();
    assertThat(summary.total().count()).isEqualTo(2);
    assertThat(summary.total().successRate()).isEqualTo(0.5);
    assertThat(summary.total().minMillis()).isEqualTo(2.0);
    assertThat(summary.total().maxMillis()).isEqualTo(4.0);
    assertThat(summary.recent().meanMillis()).isEqualTo(3.0);
    assertThat(meters.upstreamSummaries().get("u")).isEqualTo(summary);
  }

  @Test
  void scrapeShowsRouteStatusClassAndReason() {
    meters.route("a").record(0, null, 502, Failure.CONNECT_FAILED, 4_000_000, 2, 1, 2);
    try (Metrics metrics = new Metrics(meters)) {
      assertThat(metrics.scrape())
          .contains(
              "sluice_exchanges_total{route=\"a\",status=\"5xx\",reason=\"connect_failed\"} 1")
          .contains("reason=\"connect_failed\",le=\"0.0025\"} 0")
          .contains("reason=\"connect_failed\",le=\"0.005\"} 1")
          .contains("sluice_process_resident_bytes")
          .contains("jvm_memory_used_bytes")
          .contains("process_files_open_files");
    }
  }

  @Test
  void seriesGoWithTheirRouteAndOthersKeepTheirCounts() {
    meters.route("a").record(0, "u", 200, null, 1, 1, 0, 0);
    meters.route("b").record(0, "v", 200, null, 1, 1, 0, 0);
    meters.retain(Set.of("a"), Set.of("u"));
    assertThat(meters.route("a").summary().total().count()).isEqualTo(1);
    assertThat(meters.route("b").summary().total().count()).isZero();
    assertThat(meters.upstreamSummaries()).containsOnlyKeys("u");
  }

  @Test
  void recentFiguresCoverTheLastHundred() {
    for (int i = 1; i <= 150; i++) {
      meters.route("a").record(i % 2, null, i <= 50 ? 500 : 200, null, i * 1_000_000L, i, 0, 0);
    }
    Summary.Figures recent = meters.route("a").summary().recent();
    assertThat(recent.count()).isEqualTo(100);
    assertThat(recent.successRate()).isEqualTo(1.0);
    assertThat(recent.minMillis()).isEqualTo(51.0);
    assertThat(recent.p50Millis()).isEqualTo(100.0);
    assertThat(recent.p99Millis()).isEqualTo(149.0);
  }

  @Test
  void bucketsCoverEachValueOnce() {
    for (long nanos = 0; nanos < 1L << 41; nanos = nanos * 5 / 4 + 977) {
      int bucket = Latencies.bucket(nanos);
      assertThat(nanos).isLessThan(Latencies.upperNanos(bucket));
      if (bucket > 0) {
        assertThat(nanos).isGreaterThanOrEqualTo(Latencies.upperNanos(bucket - 1));
      }
    }
  }
}
