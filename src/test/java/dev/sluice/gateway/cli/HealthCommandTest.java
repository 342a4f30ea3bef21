package dev.sluice.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code sluice health} against a running gateway. */
@Timeout(60)
class HealthCommandTest {
  private static final String YAML =
      """
      admin: {port: 0, token: a-long-token-of-the-admin}
      listeners: {web: {address: 127.0.0.1, port: 0}}
      drain: {delay: 1h, timeout: 1s}
      routes: [{name: a, match: {path: /a}, respond: {text: one}}]
      """;

  private record Ran(int code, String out, String err) {}

  private static Ran health(int port, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = new String[arguments.length + 3];
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    all[0] = "health";
    all[1] = "--admin";
    all[2] = "http://127.0.0.1:" + port;
    int code = Sluice.execute(new PrintWriter(out), new PrintWriter(err), all);
    return new Ran(code, out.toString(), err.toString());
  }

  @Test
  void aGatewayThatServesIsReadyAndAsksForNoToken() {
    try (RunningGateway gateway = RunningGateway.start(YAML)) {
      assertThat(health(gateway.adminPort())).isEqualTo(new Ran(0, "ready\n", ""));
      assertThat(health(gateway.adminPort(), "--live")).isEqualTo(new Ran(0, "live\n", ""));
    }
  }

  @Test
  void aGatewayThatLeavesLivesAndIsNotReady() {
    try (RunningGateway gateway = RunningGateway.start(YAML)) {
      assertThat(gateway.gateway().drain()).isNotDone();
      assertThat(health(gateway.adminPort()))
          .isEqualTo(new Ran(1, "", "sluice: not ready: draining\n"));
      assertThat(health(gateway.adminPort(), "--live").code()).isZero();
    }
  }

  @Test
  void nobodyThere() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    assertThat(health(free))
        .isEqualTo(new Ran(1, "", "sluice: nothing answers at http://127.0.0.1:" + free + "\n"));
  }

  @Test
  void aServerThatIsNoGatewayIsNotReady() {
    try (RunningGateway other =
        RunningGateway.start(
            """
            listeners: {web: {address: 127.0.0.1, port: 0}}
            routes: [{name: a, match: {path: "/*"}, respond: {status: 503, text: no}}]
            """)) {
      Ran ran = health(other.port("web"));
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.err()).endsWith("gives no answer of an admin API: 503\n");
    }
  }

  @Test
  void oneThatSaysNothingIsNotWaitedForLong() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Ran ran = health(silent.getLocalPort());
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.err()).hasLineCount(1).contains("no answer of an admin API");
    }
  }
}
