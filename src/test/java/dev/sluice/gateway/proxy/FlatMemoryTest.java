package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.Main;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies far larger than the heap, through a process of its own. */
@Tag("full")
class FlatMemoryTest {
  private static final long BYTES = 2L << 30;
  private static final byte[] BLOCK = new byte[1 << 16];
  private static final int PATIENCE_MILLIS = 60_000;
  private static final long MOST_RESIDENT_KIB = 768L << 10;

  @TempDir Path folder;
  private ServerSocket upstream;
  private Process gateway;
  private int port;

  @BeforeEach
  void start() throws Exception {
    upstream = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path file = folder.resolve("sluice.yaml");
    Files.writeString(
        file,
        """
        version: 1
        admin: {port: 0}
        accessLog: {enabled: false}
        drain: {delay: 0ms, timeout: 1s}
        listeners: {public: {address: 127.0.0.1, port: %d}}
        upstreams: {big: {endpoints: ["127.0.0.1:%d"]}}
        routes: [{name: all, match: {path: "/*"}, upstream: big}]
        """
            .formatted(port, upstream.getLocalPort()));
    gateway =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Dio.netty.allocator.type=pooled",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                "--config",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    CountDownLatch tick = new CountDownLatch(1);
    for (int i = 0; i < 1000 && gateway.isAlive() && !listens(); i++) {
      assertThat(tick.await(20, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  @AfterEach
  void stop() throws Exception {
    gateway.destroy();
    if (!gateway.waitFor(20, TimeUnit.SECONDS)) {
      gateway.destroyForcibly();
    }
    upstream.close();
  }

  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private void serve() {
    while (!upstream.isClosed()) {
      try {
        Socket socket = upstream.accept();
        Thread.ofPlatform().daemon().start(() -> answer(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private static void answer(Socket socket) {
    try (socket) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      String head = head(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      if (head.startsWith("GET")) {
        out.write(ascii("HTTP/1.1 200 OK\r\nContent-Length: " + BYTES + "\r\n\r\n"));
        send(out);
      } else {
        long read = drain(socket.getInputStream());
        String text = Long.toString(read);
        out.write(ascii("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text));
      }
      out.flush();
    } catch (IOException gone) {
      // The test sees it as a short body.
    }
  }

  private static void send(OutputStream out) throws IOException {
    for (long left = BYTES; left > 0; left -= BLOCK.length) {
      out.write(BLOCK);
    }
    out.flush();
  }

  private static long drain(InputStream in) throws IOException {
    byte[] block = new byte[1 << 16];
    long read = 0;
    while (read < BYTES) {
      int count = in.read(block);
      if (count < 0) {
        return read;
      }
      read += count;
    }
    return read;
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 1 << 14 && head.indexOf("\r\n\r\n") < 0) {
      int octet = in.read();
      if (octet < 0) {
        break;
      }
      head.append((char) octet);
    }
    return head.toString();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private long mostResidentKib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + gateway.pid() + "/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmHWM");
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  @Test
  void aDownloadOfTwoGibibytesNeedsNoMoreMemoryThanASmallOne() throws Exception {
    try (Socket client = connect()) {
      client.getOutputStream().write(ascii("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"));
      assertThat(head(client.getInputStream())).startsWith("HTTP/1.1 200");
      assertThat(drain(client.getInputStream())).isEqualTo(BYTES);
    }
    assertThat(mostResidentKib()).isLessThan(MOST_RESIDENT_KIB);
  }

  @Test
  void anUploadOfTwoGibibytesNeedsNoMoreMemoryThanASmallOne() throws Exception {
    try (Socket client = connect()) {
      client
          .getOutputStream()
          .write(ascii("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: " + BYTES + "\r\n\r\n"));
      send(client.getOutputStream());
      assertThat(head(client.getInputStream())).startsWith("HTTP/1.1 200");
      byte[] count = client.getInputStream().readNBytes(Long.toString(BYTES).length());
      assertThat(new String(count, StandardCharsets.US_ASCII)).isEqualTo(Long.toString(BYTES));
    }
    assertThat(mostResidentKib()).isLessThan(MOST_RESIDENT_KIB);
  }
}
