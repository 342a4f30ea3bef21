package dev.sluice.gateway.takeover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One gateway takes the place of another; both are in this process. */
class TakeoverTest {
  @TempDir private Path folder;

  private Path socket() {
    return folder.resolve("run").resolve("control.sock");
  }

  private String yaml(String text, String more) {
    return """
    drain: {delay: 2s, timeout: 5s}
    listeners:
      public: {address: 127.0.0.1, port: 0}
      local: {address: "unix:%s"}
      %s
    routes:
      - {name: hello, match: {path: /hello}, respond: {text: "%s"}}
    """
        .formatted(folder.resolve("front.sock"), more, text);
  }

  private Predecessor reach() throws IOException {
    return Objects.requireNonNull(Predecessor.reach(socket(), "2"));
  }

  private static String ask(int port) throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      return http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text();
    }
  }

  private String askLocal() throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("front.sock")))) {
      channel.write(
          ByteBuffer.wrap(
              RawHttp.bytes("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")));
      ByteBuffer in = ByteBuffer.allocate(10_000);
      while (channel.read(in) >= 0) {
        assertThat(in.hasRemaining()).isTrue();
      }
      return new String(in.array(), 0, in.position(), StandardCharsets.UTF_8);
    }
  }

  private void goesOn(RunningGateway old, String text) throws IOException {
    assertThat(ask(old.port("public"))).isEqualTo(text);
    assertThat(askLocal()).endsWith(text);
    assertThat(old.gateway().draining()).isFalse();
    old.rewrite(yaml("later", ""));
    Gauges.until("it takes files again", () -> later(old));
  }

  private static boolean toldToClose(RawHttp kept) {
    try {
      RawHttp.Answer answer = kept.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read();
      assertThat(answer.text()).isEqualTo("old");
      return answer.header("connection").filter("close"::equals).isPresent();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean later(RunningGateway old) {
    try {
      return ask(old.port("public")).equals("later");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theNewOneHasAllSocketsAndTheOldOneAnswersWhatItHasBegun() throws Exception {
    try (RunningGateway old = RunningGateway.start(yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver())) {
      int port = old.port("public");
      int admin = old.adminPort();
      try (RawHttp kept = RawHttp.connect(port)) {
        assertThat(kept.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text())
            .isEqualTo("old");
        Predecessor running = reach(); // it takes no files from here on
        old.rewrite(yaml("new", "more: {address: 127.0.0.1, port: 0}"));
        try (RunningGateway next = old.successor(running)) {
          assertThat(next.port("public")).isEqualTo(port);
          assertThat(next.adminPort()).isEqualTo(admin);
          assertThat(ask(port)).isEqualTo("new");
          assertThat(ask(next.port("more"))).isEqualTo("new");
          Gauges.until("it is answered and told to close", () -> toldToClose(kept));
          old.gateway().stopped().get(20, TimeUnit.SECONDS);
          assertThat(ask(port)).isEqualTo("new");
          assertThat(askLocal()).endsWith("new");
          assertThat(AdminClient.of(next).get("/health/ready").status()).isEqualTo(200);
          assertThat(socket()).doesNotExist();
        }
        assertThat(folder.resolve("front.sock")).doesNotExist();
      }
      assertThat(handover).isNotNull();
    }
  }

  @Test
  void oneThatCannotStartLeavesTheRunningOneAsItWas() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RunningGateway old = RunningGateway.start(yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver())) {
      assertThat(handover).isNotNull();
      Predecessor running = reach();
      old.rewrite(
          yaml("new", "more: {address: 127.0.0.1, port: %d}".formatted(taken.getLocalPort())));
      assertThatThrownBy(() -> old.successor(running))
          .isInstanceOf(Gateway.StartFailed.class)
          .hasMessageContaining("listener \"more\" cannot be opened");
      goesOn(old, "old");
    }
  }

  @Test
  void oneThatDiesBeforeItIsReadyLeavesTheRunningOneAsItWas() throws Exception {
    try (RunningGateway old = RunningGateway.start(yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver())) {
      assertThat(handover).isNotNull();
      Predecessor running = reach();
      assertThat(running.sockets()).hasSize(3);
      assertThatThrownBy(() -> old.gateway().reload("test").get(20, TimeUnit.SECONDS))
          .hasMessageContaining("another process is taking over");
      assertThatThrownBy(() -> Predecessor.reach(socket(), "3"))
          .hasMessageContaining("another process is taking over");
      running.close();
      goesOn(old, "old");
    }
  }

  @Test
  void oneWhosePredecessorDiesMeanwhileServes() throws Exception {
    RunningGateway old = RunningGateway.start(yaml("old", ""));
    Handover handover = Handover.at(socket(), "1", old.gateway().leaver());
    int port = old.port("public");
    Predecessor running = reach();
    old.close();
    handover.close();
    try (RunningGateway next = old.successor(running)) {
      assertThat(next.port("public")).isEqualTo(port);
      assertThat(ask(port)).isEqualTo("old");
      assertThat(askLocal()).endsWith("old");
    }
  }

  @Test
  void nobodyThereIsNoFault() throws Exception {
    assertThat(Predecessor.reach(socket(), "2")).isNull();
    try (RunningGateway old = RunningGateway.start(yaml("old", ""))) {
      Handover.at(socket(), "1", old.gateway().leaver()).close();
      assertThat(Predecessor.reach(socket(), "2")).isNull();
    }
  }

  @Test
  void aSecondOneDoesNotPushTheFirstFromItsPlace() throws Exception {
    try (RunningGateway old = RunningGateway.start(yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver())) {
      assertThat(handover).isNotNull();
      assertThatThrownBy(() -> Handover.at(socket(), "1", old.gateway().leaver()))
          .hasMessageContaining("waits at " + socket());
    }
  }

  @Test
  void aFolderThatOthersCanEnterIsNotTrusted() throws Exception {
    try (RunningGateway old = RunningGateway.start(yaml("old", ""))) {
      Files.createDirectory(folder.resolve("run"));
      Files.setPosixFilePermissions(
          folder.resolve("run"), PosixFilePermissions.fromString("rwxr-xr-x"));
      assertThatThrownBy(() -> Handover.at(socket(), "1", old.gateway().leaver()))
          .hasMessageContaining("only this user can enter");
      Files.createFile(socket());
      assertThatThrownBy(() -> Predecessor.reach(socket(), "2"))
          .hasMessageContaining("only this user can enter");
    }
  }

  @Test
  void anotherProtocolIsRefusedWithBothVersions() {
    assertThat(Protocol.refusal(Protocol.hello("0.2.0"), "0.1.0")).isNull();
    assertThat(Protocol.refusal("sluice takeover 2 0.3.0", "0.1.0"))
        .contains("version 0.1.0, speaks version 1")
        .contains("this one version 2");
    assertThat(Protocol.refusal("GET / HTTP/1.1", "0.1.0")).isEqualTo("that is not a gateway");
  }

  @Test
  void oneThatDrainsHandsNothingOver() throws Exception {
    try (RunningGateway old = RunningGateway.start(yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver());
        RawHttp kept = RawHttp.connect(old.port("public"))) {
      assertThat(handover).isNotNull();
      old.gateway().drain();
      assertThatThrownBy(() -> Predecessor.reach(socket(), "2"))
          .isInstanceOf(Predecessor.Refused.class)
          .hasMessageContaining("draining");
      assertThat(kept.socket().isConnected()).isTrue();
    }
  }

  @Test
  void theNewOneTakesTheOldOnesPlaceInTheCluster() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String cluster =
        "cluster: {name: takeover-%1$d, address: 127.0.0.1, port: %1$d, join: {tcp: [\"127.0.0.1:%1$d\"]}, secret: %2$s}\n"
            .formatted(port, "a secret of more than sixteen letters".replace(' ', '-'));
    try (RunningGateway old = RunningGateway.start(cluster + yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver())) {
      assertThat(handover).isNotNull();
      Gauges.until("it is a node", 60, () -> node(old, port));
      try (RunningGateway next = old.successor(reach())) {
        Gauges.until("it is a node", 60, () -> node(next, port));
        assertThat(ask(next.port("public"))).isEqualTo("old");
      }
    }
  }

  private static boolean node(RunningGateway gateway, int port) {
    String said = Gauges.ask(gateway, "/cluster");
    return said.contains("\"alone\"") && said.contains("127.0.0.1:" + port);
  }

  @Test
  void theFilesOfAnEmbeddedDatabaseStayWithTheRunningOne() throws Exception {
    try (RunningGateway old = RunningGateway.start(yaml("old", ""));
        Handover handover = Handover.at(socket(), "1", old.gateway().leaver())) {
      assertThat(handover).isNotNull();
      Predecessor running = reach();
      old.rewrite("databases: {main: {url: \"embedded:postgres\"}}\n" + yaml("new", ""));
      assertThatThrownBy(() -> old.successor(running))
          .hasMessageContaining("database main is embedded in the running gateway");
      goesOn(old, "old");
    }
  }
}
