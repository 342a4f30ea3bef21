package dev.sluice.gateway.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.GatewayProcess;
import dev.sluice.gateway.testing.Visitors;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Takeovers from process to process while clients come and stay. */
@Tag("full")
class TakeoverUnderLoadTest {
  private static final String YAML =
      """
      version: 1
      listeners: {public: {address: 127.0.0.1, port: %d}}
      admin: {port: 0}
      accessLog: {enabled: false}
      drain: {delay: 2s, timeout: 20s}
      upstreams: {echo: {embedded: echo}}
      routes:
        - {name: hello, match: {path: /hello}, respond: {text: hello}}
        - {name: echo, match: {path: "/ws/*"}, upstream: echo}
      """;

  @TempDir private Path folder;

  @Test
  void takeoversUnderLoadFailNoConnectAndNoRequest() throws Exception {
    takeOver(Integer.getInteger("takeovers", 3));
  }

  @Test
  void aTakenPortIsAnErrorOfOneLine() throws Exception {
    try (GatewayProcess first = GatewayProcess.start(folder, YAML);
        GatewayProcess second = first.another("second")) {
      assertThat(second.ended(30)).isEqualTo(1);
      assertThat(second.output())
          .contains("listener \"public\" cannot be opened on 127.0.0.1:" + first.port());
      assertThat(first.alive()).isTrue();
    }
  }

  @Test
  void withoutAnythingToTakeOverItStarts() throws Exception {
    try (GatewayProcess first = GatewayProcess.start(folder, YAML)) {
      first.kill(); // leaves its control socket
      try (GatewayProcess second = first.another("second", "--takeover")) {
        assertThat(second.output()).contains("no gateway of this configuration answers");
        assertThat(second.alive()).isTrue();
      }
    }
  }

  private void takeOver(int times) throws Exception {
    GatewayProcess running = GatewayProcess.start(folder, YAML);
    try (Visitors visitors = Visitors.at(running.port(), 4, 8, 4)) {
      visitors.more(200);
      for (int i = 1; i <= times; i++) {
        GatewayProcess next = running.another("output" + i, "--takeover");
        GatewayProcess old = running;
        running = next;
        assertThat(next.output()).contains("takeover: from process");
        assertThat(old.ended(60)).as(old.output()).isZero();
        visitors.more(200);
      }
      System.out.printf(
          "takeovers=%d connects=%d requests=%d messages=%d websockets_told=%d failures=%d%n",
          times,
          visitors.connects(),
          visitors.requests(),
          visitors.messages(),
          visitors.toldToGoAway(),
          visitors.failures().size());
      assertThat(visitors.failures()).isEmpty();
      assertThat(visitors.toldToGoAway()).isGreaterThanOrEqualTo(times);
    } finally {
      running.close();
    }
  }
}
