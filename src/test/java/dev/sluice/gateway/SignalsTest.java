package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process and its signals. */
class SignalsTest {
  @TempDir Path folder;

  private static String hello(int port) throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      return http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text();
    } catch (java.net.ConnectException notYet) {
      return "";
    }
  }

  private static void until(int port, String text, Process process) throws Exception {
    CountDownLatch tick = new CountDownLatch(1);
    for (int i = 0; i < 1000 && process.isAlive() && !hello(port).equals(text); i++) {
      assertThat(tick.await(20, TimeUnit.MILLISECONDS)).isFalse();
    }
    assertThat(hello(port)).isEqualTo(text);
  }

  @Test
  void hangupReloadsAndTermDrainsAndEndsWithZero() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path file = folder.resolve("sluice.yaml");
    String yaml =
        "version: 1\nadmin: {port: 0}\naccessLog: {enabled: false}\ndrain: {delay: 100ms, timeout: 5s}\n"
            + "listeners: {public: {address: 127.0.0.1, port: "
            + port
            + "}}\n"
            + "routes:\n  - {name: hello, match: {path: /hello}, respond: {text: one}}\n";
    Files.writeString(file, yaml);
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                "--config",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      until(port, "one", process);
      Files.writeString(file, yaml.replace("one", "two"));
      Process kill = new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start();
      assertThat(kill.waitFor(5, TimeUnit.SECONDS)).isTrue();
      until(port, "two", process);
      process.destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(Files.readString(output))
          .doesNotContain("Exception")
          .doesNotContain("RejectedExecution")
          .doesNotContain("WARNING");
    } finally {
      process.destroyForcibly();
    }
  }
}
