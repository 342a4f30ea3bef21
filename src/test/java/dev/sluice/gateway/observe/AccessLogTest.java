package dev.sluice.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.resilience.SystemTicker;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessLogTest {
  private final LineBuffer line = new LineBuffer();

  private String text() {
    return new String(line.bytes(), 0, line.length(), StandardCharsets.UTF_8);
  }

  @Test
  void hostileTextStaysOneLineOfJson() {
    String hostile = "a\"b\\c\r\n{\"status\":200}\u0000\u2028é😀\ud800";
    line.raw("{\"path\":").quoted(hostile, 2048).raw("}");
    assertThat(text()).doesNotContain("\n").doesNotContain("\r");
    assertThat(new JsonObject(text()).getString("path")).isEqualTo(hostile);
  }

  @Test
  void longTextIsCutWithinItsBound() {
    line.quoted("é\"".repeat(5000), 100);
    assertThat(line.length()).isLessThanOrEqualTo(102);
    assertThat(text()).endsWith("\"");
  }

  @Test
  void secretsOfTheQueryAreHidden() {
    line.quotedQuery("a=1&Token=abc&b", 1024);
    assertThat(text()).isEqualTo("\"a=1&Token=***&b\"");
  }

  @Test
  void numbersAndTimesAreWritten() {
    line.number(-1200).raw(" ").millis(1_234_567).raw(" ").time(1_000_000_061_007L);
    assertThat(text()).isEqualTo("-1200 1.234 2001-09-09T01:47:41.007Z");
  }

  @Test
  void fullRingDropsAndCounts() throws IOException {
    LineRing ring = new LineRing(8);
    byte[] bytes = "abcd\n".getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ring.offer(bytes, 5)).isTrue();
    assertThat(ring.offer(bytes, 5)).isFalse();
    ring.drainTo(out, ring.end());
    assertThat(ring.offer(bytes, 5)).isTrue();
    ring.drainTo(out, ring.end());
    assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("abcd\nabcd\n");
    assertThat(ring.dropped()).isEqualTo(1);
  }

  @Test
  void aTargetThatFailsLosesLinesAndCountsThem() {
    LineRing ring = new LineRing(64);
    LogWriter writer =
        new LogWriter(
            List.of(ring),
            () -> {
              throw new IOException("no space left");
            },
            SystemTicker.INSTANCE);
    ring.offer("a\nb\n".getBytes(StandardCharsets.US_ASCII), 4);
    writer.wake();
    writer.close();
    assertThat(writer.lost()).isEqualTo(2);
    assertThat(ring.isEmpty()).isTrue();
  }
}
