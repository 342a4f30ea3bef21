package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.CapturedLog;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** How a node leaves. */
class DrainTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String GET = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

  private static String yaml(String drain, int upstream, String more) {
    return "drain: "
        + drain
        + "\nlisteners: {public: {port: 0, h2c: true}}\n"
        + "upstreams: {slow: {endpoints: [\"127.0.0.1:"
        + upstream
        + "\"]}}\nroutes:\n"
        + "  - {name: hello, match: {path: /hello}, respond: {text: hello}}\n"
        + "  - {name: slow, match: {path: /slow}, upstream: slow"
        + more
        + "}\n";
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void fromTheFirstMomentItIsNotReadyAndEveryAnswerClosesItsConnection() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              asked.countDown();
              await(go);
              connection.send(OK);
            });
        CapturedLog log = CapturedLog.open();
        RunningGateway gateway =
            RunningGateway.start(yaml("{delay: 1s, timeout: 10s}", server.port(), ""))) {
      int port = gateway.port("public");
      AdminClient admin = AdminClient.of(gateway);
      assertThat(admin.get("/health/ready").status()).isEqualTo(200);
      try (RawHttp busy = RawHttp.connect(port);
          RawHttp idle = RawHttp.connect(port);
          RawHttp late = RawHttp.connect(port)) {
        busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(idle.send(GET).read().header("connection")).isEmpty();
        assertThat(late.send(GET).read().header("connection")).isEmpty();
        CompletableFuture<Void> drained = gateway.gateway().drain();
        assertThat(admin.get("/health/ready").status()).isEqualTo(503);
        assertThat(admin.get("/health/ready").text()).contains("draining");
        assertThat(admin.get("/health/live").status()).isEqualTo(200);
        RawHttp.Answer told = idle.send(GET).read();
        assertThat(told.text()).isEqualTo("hello");
        assertThat(told.header("connection")).hasValue("close");
        try (RawHttp fresh = RawHttp.connect(port)) {
          assertThat(fresh.send(GET).read().header("connection")).hasValue("close");
        }
        untilRefused(port);
        // Not accepting any more, and still a request on a connection from before is answered.
        assertThat(late.send(GET).read().text()).isEqualTo("hello");
        assertThat(drained).isNotDone();
        go.countDown();
        RawHttp.Answer answer = busy.read();
        assertThat(answer.text()).isEqualTo("ok");
        assertThat(answer.header("connection")).hasValue("close");
        drained.get(10, TimeUnit.SECONDS);
      }
      assertThat(log.troubles()).isEmpty();
    }
  }

  private static void untilRefused(int port) throws Exception {
    CountDownLatch tick = new CountDownLatch(1);
    for (int i = 0; i < 500; i++) {
      try (RawHttp probe = RawHttp.connect(port)) {
        assertThat(tick.await(10, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(probe.socket().isConnected()).isTrue();
      } catch (java.net.ConnectException refused) {
        return;
      }
    }
    throw new AssertionError("still accepting");
  }

  @Test
  void anHttp2ClientIsToldToGoAwayAndStreamsOnTheirWayAreAnswered() throws Exception {
    try (RunningGateway gateway = RunningGateway.start(yaml("{delay: 500ms, timeout: 2s}", 1, ""));
        RawHttp http = RawHttp.connect(gateway.port("public"))) {
      http.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").send(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
      InputStream in = http.socket().getInputStream();
      assertThat(frame(in)[3]).isEqualTo((byte) 4);
      CompletableFuture<Void> drained = gateway.gateway().drain();
      byte[] goAway = until(in, 7);
      assertThat(goAway[9] & 0x7f).isEqualTo(0x7f); // last stream id 2^31-1: nothing is refused yet
      // :method GET, :scheme http, :path /hello (literal), :authority a (literal); END_STREAM and
      // END_HEADERS.
      byte[] block = RawHttp.bytes("\u0082\u0086\u0004\u0006/hello\u0001\u0001a");
      byte[] head = {0, 0, (byte) block.length, 1, 5, 0, 0, 0, 1};
      http.send(head).send(block);
      byte[] answer = until(in, 1);
      String block200 =
          new String(answer, 9, answer.length - 9, java.nio.charset.StandardCharsets.ISO_8859_1);
      assertThat(block200)
          .contains("\u0088")
          .contains("x-request-id"); // 0x88 is ":status 200", RFC 7541 Appendix A
      drained.get(10, TimeUnit.SECONDS);
    }
  }

  private static byte[] until(InputStream in, int type) throws IOException {
    byte[] frame = frame(in);
    while (frame[3] != type) {
      frame = frame(in);
    }
    return frame;
  }

  private static byte[] frame(InputStream in) throws IOException {
    byte[] head = in.readNBytes(9);
    assertThat(head).hasSize(9);
    int length = (head[0] & 255) << 16 | (head[1] & 255) << 8 | head[2] & 255;
    byte[] frame = java.util.Arrays.copyOf(head, 9 + length);
    System.arraycopy(in.readNBytes(length), 0, frame, 9, length);
    return frame;
  }

  @Test
  void whatDoesNotEndInTimeIsCut() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> asked.countDown());
        CapturedLog log = CapturedLog.open();
        RunningGateway gateway =
            RunningGateway.start(yaml("{delay: 0ms, timeout: 300ms}", server.port(), ""));
        RawHttp http = RawHttp.connect(gateway.port("public"))) {
      http.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
      gateway.gateway().drain().get(10, TimeUnit.SECONDS);
      RawHttp.Answer answer = http.read();
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("connection")).hasValue("close");
      assertThat(log.troubles())
          .singleElement()
          .asString()
          .contains("event=drain_timeout cut_off=1");
    }
  }

  @Test
  void openWebSocketsAreToldToGoAway() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      HttpServer server =
          settle(
              vertx
                  .createHttpServer()
                  .webSocketHandler(socket -> socket.resume())
                  .listen(0, "127.0.0.1"));
      try (CapturedLog log = CapturedLog.open();
          RunningGateway gateway =
              RunningGateway.start(yaml("{delay: 0ms, timeout: 5s}", server.actualPort(), ""))) {
        // Held on to: Vert.x closes the connections of a client that was collected.
        WebSocketClient client = vertx.createWebSocketClient();
        WebSocket socket = settle(client.connect(gateway.port("public"), "127.0.0.1", "/slow"));
        CompletableFuture<Short> code = new CompletableFuture<>();
        socket.closeHandler(nothing -> code.complete(socket.closeStatusCode()));
        gateway.gateway().drain().get(10, TimeUnit.SECONDS);
        assertThat(code.get(5, TimeUnit.SECONDS)).isEqualTo((short) 1001);
        assertThat(log.troubles()).isEmpty();
        settle(client.close());
      }
    } finally {
      settle(vertx.close());
    }
  }

  @Test
  void workThatGoesOnWithoutItsClientIsWaitedFor() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean written = new AtomicBoolean();
    try (ScriptedServer server =
            ScriptedServer.start((connection, head, body) -> {
              asked.countDown();
              await(go);
              connection.send(OK);
              written.set(true);
            });
        RunningGateway gateway =
            RunningGateway.start(
                yaml(
                    "{delay: 0ms, timeout: 10s}",
                    server.port(),
                    ", onClientAbort: {complete: 8s}"))) {
      try (RawHttp http = RawHttp.connect(gateway.port("public"))) {
        http.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
      }
      CompletableFuture<Void> drained = gateway.gateway().drain();
      CountDownLatch never = new CountDownLatch(1);
      assertThat(never.await(300, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(drained).isNotDone();
      assertThat(server.open()).isEqualTo(1);
      go.countDown();
      drained.get(10, TimeUnit.SECONDS);
      assertThat(written).isTrue();
    }
  }

  @Test
  void anIdleGatewayIsGoneAtOnceAndNothingIsLeft() throws Exception {
    try (CapturedLog log = CapturedLog.open()) {
      for (int i = 0; i < 3; i++) {
        RunningGateway gateway = RunningGateway.start(yaml("{delay: 0ms, timeout: 30s}", 1, ""));
        gateway.gateway().drain().get(10, TimeUnit.SECONDS);
        gateway.close();
      }
      assertThat(log.troubles()).isEmpty();
      assertThat(
              Thread.getAllStackTraces().keySet().stream()
                  .map(Thread::getName)
                  .filter(name -> name.startsWith("sluice-")))
          .noneMatch(name -> name.equals("sluice-config") || name.equals("sluice-loop-monitor"));
    }
  }

  private static <T> T settle(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
