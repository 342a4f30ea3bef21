package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listeners and endpoints on Unix sockets. */
class UnixListenerTest {
  @TempDir private Path folder;

  private static String ask(Path socket, String path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      String request = "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
      while (out.hasRemaining()) {
        channel.write(out);
      }
      ByteBuffer in = ByteBuffer.allocate(10_000);
      while (channel.read(in) >= 0) {
        assertThat(in.hasRemaining()).isTrue();
      }
      return new String(in.array(), 0, in.position(), StandardCharsets.UTF_8);
    }
  }

  private static String yaml(Path front, Path back) {
    return """
    listeners:
      front: {address: "unix:%s"}
      back: {address: "unix:%s"}
    upstreams: {inner: {endpoints: ["unix:%s"]}}
    routes:
      - {name: through, match: {path: /through, listeners: [front]}, upstream: inner}
      - {name: inner, match: {path: /through, listeners: [back]}, respond: {text: "for {header.x-forwarded-for|nobody}"}}
    """
        .formatted(front, back, back);
  }

  @Test
  void requestsComeAndGoThroughUnixSockets() throws Exception {
    Path front = folder.resolve("front.sock");
    Path back = folder.resolve("back.sock");
    try (RunningGateway gateway = RunningGateway.start(yaml(front, back))) {
      assertThat(gateway.gateway().current().version()).isEqualTo(1);
      assertThat(ask(front, "/through")).startsWith("HTTP/1.1 200 OK\r\n").contains("for unknown");
      assertThat(ask(front, "/other")).startsWith("HTTP/1.1 404 Not Found\r\n");
    }
    assertThat(front).doesNotExist();
    assertThat(back).doesNotExist();
  }

  @Test
  void whatAKilledProcessLeftIsReplacedButNotWhatAnotherServes() throws Exception {
    Path front = folder.resolve("front.sock");
    Path back = folder.resolve("back.sock");
    try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      killed.bind(UnixDomainSocketAddress.of(front)); // closing it leaves the file
    }
    assertThat(Files.exists(front)).isTrue();
    try (RunningGateway gateway = RunningGateway.start(yaml(front, back))) {
      assertThat(gateway.gateway().current().version()).isEqualTo(1);
      assertThat(ask(front, "/through")).startsWith("HTTP/1.1 200 OK\r\n");
      Path other = folder.resolve("other.sock");
      assertThatThrownBy(() -> RunningGateway.start(yaml(front, other)))
          .hasMessageContaining("listener \"front\" cannot be opened on unix:" + front);
      assertThat(ask(front, "/through")).startsWith("HTTP/1.1 200 OK\r\n");
    }
  }
}
