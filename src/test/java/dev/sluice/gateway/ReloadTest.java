package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.assemble.ConfigStatus;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reload changes, and what it leaves alone. */
class ReloadTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static String hello(String listeners, String text) {
    return "listeners: {"
        + listeners
        + "}\nroutes:\n  - {name: hello, match: {path: /hello}, respond: {text: \""
        + text
        + "\"}}\n";
  }

  private static String get(int port, String path) throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      return http.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").read().text();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    CountDownLatch tick = new CountDownLatch(1);
    for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
      assertThat(tick.await(10, TimeUnit.MILLISECONDS)).isFalse();
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  private static boolean refused(int port) {
    try (RawHttp http = RawHttp.connect(port)) {
      return http.socket().isClosed();
    } catch (IOException e) {
      return e instanceof ConnectException;
    }
  }

  @Test
  void aFileThatChangesWhileTheGatewayStartsIsTakenAfterwards(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("sluice.yaml");
    String yaml = "version: 1\nadmin: {port: 0}\n";
    Files.writeString(file, yaml + hello("public: {port: 0}", "one"));
    ConfigLoader loader = new ConfigLoader(Map.<String, String>of()::get);
    ConfigLoader.Result.Loaded loaded = (ConfigLoader.Result.Loaded) loader.load(file);
    Path next = Files.writeString(folder.resolve("next"), yaml + hello("public: {port: 0}", "two"));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    Gateway gateway = Gateway.start(file, loader, loaded, false);
    try {
      until(() -> text(gateway.port("public")).equals("two"));
    } finally {
      gateway.halt();
    }
  }

  private static String text(int port) {
    try {
      return get(port, "/hello");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aValidConfigurationIsTakenWholeAndKeptAliveConnectionsWorkOn() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      int port = gateway.port("public");
      try (RawHttp http = RawHttp.connect(port)) {
        assertThat(http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read().text())
            .isEqualTo("one");
        assertThat(gateway.reload(hello("public: {port: 0}", "two"))).isTrue();
        RawHttp.Answer answer = http.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read();
        assertThat(answer.text()).isEqualTo("two");
        assertThat(answer.header("connection")).isEmpty();
        assertThat(gateway.port("public")).isEqualTo(port);
      }
    }
  }

  @Test
  void anInvalidConfigurationIsRefusedAndTheOldOneServes() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      AdminClient admin = AdminClient.of(gateway);
      gateway.rewrite(hello("public: {port: 0, prot: 1}", "two"));
      AdminClient.Answer refused = admin.post("/config/reload");
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.json().getBoolean("applied")).isFalse();
      assertThat(refused.json().getJsonArray("errors").getString(0))
          .contains("sluice.yaml:")
          .contains("prot");
      assertThat(get(gateway.port("public"), "/hello")).isEqualTo("one");
      var status = admin.get("/config/status").json();
      assertThat(status.getBoolean("lastGood")).isFalse();
      assertThat(status.getInteger("version")).isEqualTo(1);
      assertThat(status.getJsonArray("errors")).hasSize(1);
      assertThat(admin.get("/metrics").text()).contains("sluice_config_reload_failures_total 1");
      gateway.rewrite(hello("public: {port: 0}", "one"));
      assertThat(admin.post("/config/reload").status()).isEqualTo(200);
      assertThat(admin.get("/config/status").json().getBoolean("lastGood")).isTrue();
      assertThat(admin.get("/config/status").json().getJsonArray("errors")).isEmpty();
    }
  }

  @Test
  void problemsOfTheCompileStepCarryTheirLine() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      AdminClient admin = AdminClient.of(gateway);
      gateway.rewrite(hello("public: {port: 0}", "{qery.name}"));
      String error = admin.post("/config/reload").json().getJsonArray("errors").getString(0);
      assertThat(error)
          .contains("sluice.yaml:")
          .contains("qery")
          .contains("- {name: hello, match:")
          .contains("query");
      gateway.rewrite(
          "listeners: {public: {port: 0}}\nroutes:\n"
              + "  - {name: a, match: {path: \"/x/{id}\"}, respond: {text: a}}\n"
              + "  - {name: b, match: {path: \"/x/{other}\"}, respond: {text: b}}\n");
      error = admin.post("/config/reload").json().getJsonArray("errors").getString(0);
      assertThat(error)
          .contains("route \"b\"")
          .contains("matches the same requests as route \"a\"")
          .contains("- {name: b");
    }
  }

  @Test
  void aRouteConflictKeepsTheGatewayFromStarting() {
    assertThatThrownBy(() ->
            RunningGateway.start(
                    "listeners: {public: {port: 0}}\nroutes:\n"
                        + "  - {name: a, match: {path: /x}, respond: {text: a}}\n"
                        + "  - {name: b, match: {path: /x}, respond: {text: b}}\n")
                .close())
        .hasMessageContaining("matches the same requests as");
  }

  @Test
  void changedFilesAreSeenByRenameAndBySymbolicLink() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      gateway.rewrite(hello("public: {port: 0}", "two"));
      until(() -> gateway.gateway().current().version() == 2);
      assertThat(get(gateway.port("public"), "/hello")).isEqualTo("two");
      Path other = gateway.file().resolveSibling("other.yaml");
      Files.writeString(other, Files.readString(gateway.file()).replace("two", "three"));
      Path link = gateway.file().resolveSibling("link");
      Files.createSymbolicLink(link, other.getFileName());
      Files.move(
          link,
          gateway.file(),
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.ATOMIC_MOVE);
      until(() -> gateway.gateway().current().version() == 3);
      assertThat(get(gateway.port("public"), "/hello")).isEqualTo("three");
    }
  }

  @Test
  void aFileThatComesIntoAnIncludedFolderIsSeenAndOneThatLeavesToo() throws Exception {
    String yaml = "include: [\"*/*.yaml\"]\n" + hello("public: {port: 0}", "one");
    try (RunningGateway gateway = RunningGateway.start(yaml)) {
      Path folder = Files.createDirectory(gateway.file().resolveSibling("parts"));
      String more = "routes: [{name: more, match: {path: /more}, respond: {text: more}}]\n";
      Files.writeString(folder.resolve("more.yaml"), more);
      until(() -> gateway.gateway().current().version() == 2);
      assertThat(get(gateway.port("public"), "/more")).isEqualTo("more");
      String again = more.replace("more", "again");
      Files.writeString(folder.resolve("again.yaml"), again);
      until(() -> gateway.gateway().current().version() == 3);
      assertThat(get(gateway.port("public"), "/again")).isEqualTo("again");
      Files.delete(folder.resolve("more.yaml"));
      until(() -> gateway.gateway().current().version() == 4);
    }
  }

  @Test
  void anIncludedFolderThatWasNotThereYetIsSeenWhenItComes() throws Exception {
    String yaml = "include: [\"later/*.yaml\"]\n" + hello("public: {port: 0}", "one");
    try (RunningGateway gateway = RunningGateway.start(yaml)) {
      Path folder = Files.createDirectory(gateway.file().resolveSibling("coming"));
      Files.writeString(
          folder.resolve("more.yaml"),
          "routes: [{name: more, match: {path: /more}, respond: {text: more}}]\n");
      Files.move(folder, gateway.file().resolveSibling("later"));
      until(() -> gateway.gateway().current().version() == 2);
      assertThat(get(gateway.port("public"), "/more")).isEqualTo("more");
    }
  }

  @Test
  void aListenerMovesBetweenOneAddressAndAllOfThem() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (RunningGateway gateway =
        RunningGateway.start(hello("public: {port: " + port + "}", "a"))) {
      for (String address : List.of("127.0.0.1", "0.0.0.0", "127.0.0.1")) {
        String listener = "public: {port: " + port + ", address: " + address + "}";
        assertThat(gateway.reload(hello(listener, address))).isTrue();
        assertThat(get(port, "/hello")).isEqualTo(address);
      }
    }
  }

  @Test
  void newPortsOpenRemovedOnesRefuseAndWhatIsUnderWayThereEnds() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start((connection, head, body) -> {
          asked.countDown();
          await(go);
          connection.send(OK);
        })) {
      String rest =
          "upstreams: {slow: {endpoints: [\"127.0.0.1:"
              + server.port()
              + "\"]}}\n"
              + "routes:\n  - {name: slow, match: {path: /slow}, upstream: slow}\n";
      try (RunningGateway gateway =
          RunningGateway.start("listeners: {a: {port: 0}, b: {port: 0}}\n" + rest)) {
        int a = gateway.port("a");
        try (RawHttp http = RawHttp.connect(a)) {
          http.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
          assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
          assertThat(gateway.reload("listeners: {c: {port: 0}, b: {port: 0}}\n" + rest)).isTrue();
          until(() -> refused(a));
          go.countDown();
          RawHttp.Answer answer = http.read();
          assertThat(answer.status()).isEqualTo(200);
          assertThat(answer.header("connection")).hasValue("close");
          assertThat(http.readToEnd()).isEmpty();
        }
        assertThat(get(gateway.port("c"), "/slow")).isEqualTo("ok");
        assertThat(get(gateway.port("b"), "/slow")).isEqualTo("ok");
      }
    }
  }

  @Test
  void aPortInUseRefusesTheWholeConfigurationWithAClearError() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      int free = freePort();
      String both =
          "public: {port: 0}, free: {address: 127.0.0.1, port: "
              + free
              + "}, "
              + "taken: {address: 127.0.0.1, port: "
              + taken.getLocalPort()
              + "}";
      assertThat(gateway.reload(hello(both, "two"))).isFalse();
      String error =
          AdminClient.of(gateway).get("/config/status").json().getJsonArray("errors").getString(0);
      int column = ("listeners: {" + both).lastIndexOf("" + taken.getLocalPort()) + 1;
      assertThat(error)
          .containsPattern("sluice.yaml:[2-9]:" + column + ": ")
          .contains("listener \"taken\" cannot be opened on 127.0.0.1:" + taken.getLocalPort())
          .containsIgnoringCase("address already in use");
      assertThat(get(gateway.port("public"), "/hello")).isEqualTo("one");
      until(() -> refused(free));
    }
  }

  @Test
  void changedLimitsOfAListenerHoldForNewConnectionsAndOldOnesFinish() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      int port = gateway.port("public");
      String large = "GET /hello HTTP/1.1\r\nHost: a\r\nX-Large: " + "x".repeat(3000) + "\r\n\r\n";
      try (RawHttp before = RawHttp.connect(port)) {
        assertThat(before.send(large).read().status()).isEqualTo(200);
        assertThat(gateway.reload(hello("public: {port: 0, maxHeaderSize: 2KiB}", "two"))).isTrue();
        assertThat(gateway.port("public")).isEqualTo(port);
        for (int i = 0; i < 8; i++) {
          try (RawHttp after = RawHttp.connect(port)) {
            assertThat(after.send(large).read().status()).isEqualTo(431);
          }
          try (RawHttp after = RawHttp.connect(port)) {
            RawHttp.Answer answer = after.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").read();
            assertThat(answer.text()).isEqualTo("two");
            assertThat(answer.header("connection")).isEmpty();
          }
        }
        RawHttp.Answer last = before.send(large).read();
        assertThat(last.status()).isEqualTo(200);
        assertThat(last.header("connection")).hasValue("close");
        assertThat(before.readToEnd()).isEmpty();
      }
    }
  }

  @Test
  void cleartextHttp2IsSwitchedOnWithoutANewPort() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      int port = gateway.port("public");
      assertThat(settingsOf(port)).isFalse();
      assertThat(gateway.reload(hello("public: {port: 0, h2c: true}", "two"))).isTrue();
      for (int i = 0; i < 4; i++) {
        assertThat(settingsOf(port)).isTrue();
      }
      assertThat(gateway.reload(hello("public: {port: 0}", "three"))).isTrue();
      assertThat(settingsOf(port)).isFalse();
    }
  }

  /** Whether an HTTP/2 preface is answered with a SETTINGS frame. */
  private static boolean settingsOf(int port) throws IOException {
    try (RawHttp http = RawHttp.connect(port)) {
      http.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").send(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
      byte[] head = new byte[4];
      int read = http.socket().getInputStream().readNBytes(head, 0, 4);
      return read == 4 && head[3] == 4;
    }
  }

  @Test
  void whatNeedsARestartIsNamedUntilItIsTakenBack() throws Exception {
    String start = "admin: {port: 0}\n" + hello("public: {port: 0}", "one");
    try (RunningGateway gateway = RunningGateway.start(start)) {
      AdminClient admin = AdminClient.of(gateway);
      String changed =
          "loops: 7\nadmin: {port: 0, address: \"::1\"}\n" + hello("public: {port: 0}", "two");
      assertThat(gateway.reload(changed)).isTrue();
      assertThat(admin.get("/config/status").json().getJsonArray("waitsForRestart"))
          .containsExactly("admin", "loops");
      assertThat(get(gateway.port("public"), "/hello")).isEqualTo("two");
      assertThat(gateway.reload(changed.replace("two", "three"))).isTrue();
      assertThat(admin.get("/config/status").json().getJsonArray("waitsForRestart"))
          .containsExactly("admin", "loops");
      assertThat(gateway.reload(start)).isTrue();
      assertThat(admin.get("/config/status").json().getJsonArray("waitsForRestart")).isEmpty();
    }
  }

  @Test
  void anUnchangedUpstreamKeepsItsConnectionAndItsOpenBreaker() throws Exception {
    try (ScriptedServer good = ScriptedServer.answering(OK);
        ScriptedServer bad =
            ScriptedServer.answering("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")) {
      String yaml =
          """
          loops: 1
          listeners: {public: {port: 0}}
          upstreams:
            good: {endpoints: ["127.0.0.1:%d"]}
            bad: {endpoints: ["127.0.0.1:%d"], breaker: {failures: 2, open: 60s}, ejection: {consecutive: 100}}
          routes:
            - {name: good, match: {path: /good}, upstream: good}
            - {name: bad, match: {path: /bad}, upstream: bad}
            - {name: hello, match: {path: /hello}, respond: {text: NAME}}
          """
              .formatted(good.port(), bad.port());
      try (RunningGateway gateway = RunningGateway.start(yaml)) {
        int port = gateway.port("public");
        assertThat(get(port, "/good")).isEqualTo("ok");
        get(port, "/bad");
        get(port, "/bad");
        assertThat(get(port, "/bad")).contains("breaker_open");
        for (int i = 0; i < 3; i++) {
          assertThat(gateway.reload(yaml.replace("NAME", "x" + i))).isTrue();
          assertThat(get(port, "/good")).isEqualTo("ok");
          assertThat(get(port, "/bad")).contains("breaker_open");
        }
        assertThat(good.accepted()).isEqualTo(1);
        assertThat(bad.heads()).hasSize(2);
      }
    }
  }

  @Test
  void aRequestUnderWayKeepsTheUpstreamThatTheNewConfigurationLacks() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start((connection, head, body) -> {
          asked.countDown();
          await(go);
          connection.send(OK);
        })) {
      String yaml =
          "listeners: {public: {port: 0}}\nupstreams: {slow: {endpoints: [\"127.0.0.1:"
              + server.port()
              + "\"]}}\n"
              + "routes:\n  - {name: slow, match: {path: /slow}, upstream: slow}\n";
      try (RunningGateway gateway = RunningGateway.start(yaml);
          RawHttp http = RawHttp.connect(gateway.port("public"))) {
        http.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(gateway.reload(hello("public: {port: 0}", "new"))).isTrue();
        go.countDown();
        assertThat(http.read().text()).isEqualTo("ok");
        assertThat(http.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").read().status())
            .isEqualTo(404);
        until(() -> server.open() == 0);
        String metrics = AdminClient.of(gateway).get("/metrics").text();
        assertThat(metrics).doesNotContain("route=\"slow\"").doesNotContain("upstream=\"slow\"");
      }
    }
  }

  @Test
  void aReloadAfterTheDrainBeganIsRefused() throws Exception {
    RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"));
    gateway.gateway().drain().get(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> gateway.gateway().reload("late").get(10, TimeUnit.SECONDS))
        .hasMessageContaining("leaving");
  }

  @Test
  void theSameContentIsNotTakenAgain() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(hello("public: {port: 0}", "one"))) {
      ConfigStatus status = gateway.gateway().reload("test").get(10, TimeUnit.SECONDS);
      assertThat(status.version()).isEqualTo(1);
      assertThat(status.lastAttempt()).isAfterOrEqualTo(status.since());
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(5, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
