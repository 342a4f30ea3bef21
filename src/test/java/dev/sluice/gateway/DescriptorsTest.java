package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that may open few files. */
class DescriptorsTest {
  /** Libraries hold some 200 of them for good: each jar is a file. */
  private static final int LIMIT = 400;

  private static final Pattern COUNT = Pattern.compile("sluice_accept_failures_total ([0-9.]+)");

  @TempDir private Path folder;

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static boolean answers(int port, String path) {
    try (RawHttp http = RawHttp.connect(port)) {
      return get(http, path).status() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private static Answer get(RawHttp http, String path) throws IOException {
    return http.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").read();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean overloaded(RawHttp http) {
    try {
      Answer answer = get(http, "/up");
      return answer.status() == 503 && answer.text().contains("\"overloaded\"");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static double notAccepted(RawHttp admin) {
    try {
      Matcher count = COUNT.matcher(get(admin, "/metrics").text());
      return count.find() ? Double.parseDouble(count.group(1)) : 0;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void runningOutOfThemIsSaidCountedAndSurvivedAndNoFaultOfEndpoints() throws Exception {
    int port = freePort();
    int adminPort = freePort();
    Path file = folder.resolve("sluice.yaml");
    Path output = folder.resolve("output");
    List<Socket> clients = new ArrayList<>();
    try (ScriptedServer upstream =
        ScriptedServer.answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")) {
      Files.writeString(
          file,
          """
          version: 1
          admin: {port: %d}
          accessLog: {enabled: false}
          drain: {delay: 0s, timeout: 2s}
          listeners: {public: {address: 127.0.0.1, port: %d}}
          upstreams: {up: {endpoints: ["127.0.0.1:%d"], ejection: {consecutive: 1}, pool: {maxRequests: 1}}, dead: {endpoints: ["127.0.0.1:1"]}}
          routes:
            - {name: hello, match: {path: /hello}, respond: {text: hi}}
            - {name: up, match: {path: /up}, upstream: up}
            - {name: dead, match: {path: /dead}, upstream: dead}
          """
              .formatted(adminPort, port, upstream.port()));
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      Process process =
          new ProcessBuilder(
                  "sh",
                  "-c",
                  "ulimit -n " + LIMIT + "; exec \"$0\" \"$@\"",
                  java,
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
        Gauges.until(
            "it does not start",
            () -> !process.isAlive() || (answers(port, "/hello") && answers(adminPort, "/routes")));
        assertThat(process.isAlive()).as(() -> text(output)).isTrue();
        try (RawHttp admin = RawHttp.connect(adminPort);
            RawHttp before = RawHttp.connect(port)) {
          assertThat(get(before, "/hello").text()).isEqualTo("hi");
          // Classes are read from files, too: those for good and for failed attempts are, now.
          assertThat(get(before, "/up").text()).isEqualTo("ok");
          assertThat(get(before, "/dead").status()).isEqualTo(502);
          assertThat(notAccepted(admin)).isZero();
          for (int i = 0; i < LIMIT; i++) {
            clients.add(new Socket(InetAddress.getLoopbackAddress(), port));
          }
          Gauges.until("nothing is counted", () -> notAccepted(admin) > 0);
          // The process may have held a file for a moment when accepting failed first.
          Gauges.until("there is always one left", () -> overloaded(before));
          assertThat(get(before, "/hello").text()).isEqualTo("hi");
          for (Socket client : clients) {
            client.close();
          }
          Gauges.until("it accepts nobody any more", () -> answers(port, "/hello"));
          assertThat(get(before, "/up").text()).isEqualTo("ok"); // its endpoint is not ejected
        }
        process.destroy();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(text(output))
            .contains("too few file descriptors limit=" + LIMIT)
            .contains("no file descriptor is left for new connections")
            .doesNotContain("Exception");
      } finally {
        process.destroyForcibly();
        for (Socket client : clients) {
          client.close();
        }
      }
    }
  }
}
