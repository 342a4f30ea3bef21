package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.UpstreamConfig.Ejection;
import dev.sluice.gateway.testing.FakeTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EjectorTest {
  private static final Ejection POLICY =
      new Ejection(3, Duration.ofSeconds(30), Duration.ofSeconds(300), 0.5);

  private final FakeTicker ticker = new FakeTicker();
  private final EjectionQuota quota = new EjectionQuota(POLICY.atMost());

  private Ejector ejector() {
    return new Ejector(POLICY, quota, ticker);
  }

  private static boolean fail(Ejector ejector, int times) {
    boolean ejected = false;
    for (int i = 0; i < times; i++) {
      ejected |= ejector.judge(true);
    }
    return ejected;
  }

  @Test
  void threeFailuresInARowEjectForLongerEachTime() {
    quota.endpoints(2);
    Ejector ejector = ejector();
    assertThat(fail(ejector, 2)).isFalse();
    ejector.judge(false);
    assertThat(fail(ejector, 2)).as("a success between them").isFalse();
    assertThat(fail(ejector, 1)).isTrue();
    ticker.advance(Duration.ofSeconds(29));
    assertThat(ejector.out(ticker.nanos())).isTrue();
    ticker.advance(Duration.ofSeconds(1));
    assertThat(ejector.out(ticker.nanos())).isFalse();
    assertThat(ejector.returned()).isTrue();
    assertThat(ejector.returned()).as("once").isFalse();
    assertThat(fail(ejector, 3)).isTrue();
    ticker.advance(Duration.ofSeconds(59));
    assertThat(ejector.out(ticker.nanos())).isTrue();
  }

  @Test
  void underSuspicionTheNextFailureEjectsAndASuccessClearsIt() {
    quota.endpoints(2);
    Ejector ejector = ejector();
    ejector.suspect();
    ejector.judge(false);
    assertThat(fail(ejector, 2)).as("it proved itself").isFalse();
    ejector.judge(false);
    ejector.suspect();
    assertThat(ejector.out(ticker.nanos())).as("a hint ejects nobody").isFalse();
    assertThat(fail(ejector, 1)).isTrue();
  }

  @Test
  void onlyTheAllowedShareIsOutAtOnceAndNeverTheLast() {
    quota.endpoints(2);
    Ejector first = ejector();
    Ejector second = ejector();
    assertThat(fail(first, 3)).isTrue();
    assertThat(fail(second, 30)).isFalse();
    ticker.advance(Duration.ofSeconds(30));
    assertThat(first.returned()).isTrue();
    assertThat(fail(second, 1)).isTrue();
    EjectionQuota one = new EjectionQuota(1);
    one.endpoints(1);
    assertThat(one.tryTake()).isFalse();
  }

  @Test
  void anEndpointThatLeavesTheUpstreamGivesItsPartOfTheShareBack() {
    quota.endpoints(2);
    Ejector leaves = ejector();
    Ejector stays = ejector();
    assertThat(fail(leaves, 3)).isTrue();
    leaves.retire();
    leaves.retire();
    assertThat(fail(leaves, 3)).as("a late failure").isFalse();
    assertThat(fail(stays, 3)).isTrue();
    assertThat(quota.tryTake()).as("given back once").isFalse();
  }
}
