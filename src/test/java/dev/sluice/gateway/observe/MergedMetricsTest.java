package dev.sluice.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MergedMetricsTest {
  @Test
  void eachFamilyStandsInOnePlaceAndEachSampleHasItsNode() {
    MergedMetrics all = new MergedMetrics();
    all.add("a:1", "# HELP x What it is\n# TYPE x counter\nx{r=\"b {c\"} 1\n# TYPE y gauge\ny 2\n");
    all.add("b:1", "# HELP x Another text\n# TYPE x counter\nx 3\n# TYPE z gauge\nz 4.5\n");
    assertThat(all.toString())
        .isEqualTo(
            """
            # HELP x What it is
            # TYPE x counter
            x{node="a:1",r="b {c"} 1
            x{node="b:1"} 3
            # TYPE y gauge
            y{node="a:1"} 2
            # TYPE z gauge
            z{node="b:1"} 4.5
            """);
  }
}
