package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Counter;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawWebSocket;
import dev.sluice.gateway.testing.RawWebSocket.Frame;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSockets through the gateway, seen frame by frame from both ends. */
class WebSocketTest {
  private static RunningGateway over(ScriptedServer upstream, String limits) {
    return RunningGateway.start(
        """
        listeners: {web: {address: 127.0.0.1, port: 0}}
        upstreams: {back: {endpoints: ["127.0.0.1:%d"], pool: {connections: 4000, total: 4000, pending: 4000}}}
        routes: [{name: all, match: {path: "/*"}, upstream: back, webSocket: {%s}, idle: 60s}]
        """
            .formatted(upstream.port(), limits));
  }

  /** A server that accepts, then hands its end over. */
  private static final class Accepting implements AutoCloseable {
    final ScriptedServer server;
    final CompletableFuture<RawWebSocket> end = new CompletableFuture<>();
    private final CountDownLatch over = new CountDownLatch(1);

    Accepting() {
      server =
          ScriptedServer.start((connection, head, body) -> {
            end.complete(RawWebSocket.accept(connection.socket(), head));
            try {
              over.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }

    RawWebSocket end() throws Exception {
      return end.get(5, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
      over.countDown();
      server.close();
    }
  }

  /** Both ends of one open socket. */
  private record Pair(
      Accepting accepting, RunningGateway gateway, RawWebSocket client, RawWebSocket server)
      implements AutoCloseable {
    static Pair open(String limits) throws Exception {
      Accepting accepting = new Accepting();
      RunningGateway gateway = over(accepting.server, limits);
      RawWebSocket client = RawWebSocket.connect(gateway.port("web"), "/chat", "");
      return new Pair(accepting, gateway, client, accepting.end());
    }

    @Override
    public void close() throws Exception {
      client.close();
      server.close();
      gateway.close();
      accepting.close();
    }
  }

  @Test
  void framesOfEveryKindAndSizePassUnchanged() throws Exception {
    try (Pair pair = Pair.open("")) {
      for (int size : new int[] {0, 1, 125, 126, 65535, 65536, 1_000_000}) {
        byte[] payload = new byte[size];
        java.util.Arrays.fill(payload, (byte) 'x');
        for (Frame frame :
            List.of(
                new Frame(true, 1, payload),
                new Frame(true, 2, payload),
                new Frame(false, 1, payload),
                new Frame(false, 0, payload),
                new Frame(true, 0, payload))) {
          pair.client().send(frame);
          assertThat(pair.server().read()).isEqualTo(frame);
          pair.server().send(frame);
          assertThat(pair.client().read()).isEqualTo(frame);
        }
      }
    }
  }

  @Test
  void pingsAreAnsweredOnTheirOwnLeg() throws Exception {
    try (Pair pair = Pair.open("")) {
      Frame ping = new Frame(true, 9, RawHttp.bytes("are you there"));
      pair.client().send(ping);
      assertThat(pair.client().read()).isEqualTo(new Frame(true, 10, ping.payload()));
      pair.server().send(ping);
      assertThat(pair.server().read()).isEqualTo(new Frame(true, 10, ping.payload()));
    }
  }

  @Test
  void theUpstreamChoosesTheSubProtocolAndSeesTheClientsHeaders() throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              connection.send(
                  RawWebSocket.acceptance(
                      head, "Sec-WebSocket-Protocol: two\r\nX-From: upstream\r\n"));
              connection.socket().getInputStream().read();
            });
        RunningGateway gateway = over(upstream, "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      RawHttp.Answer answer =
          client
              .send(
                  RawWebSocket.request(
                      "/a?b=c",
                      "Sec-WebSocket-Protocol: one, two\r\nCookie: k=v\r\nOrigin: http://o\r\n"))
              .read();
      assertThat(answer.status()).isEqualTo(101);
      assertThat(answer.header("sec-websocket-protocol")).contains("two");
      assertThat(answer.header("x-from")).contains("upstream");
      assertThat(upstream.heads().getFirst())
          .startsWith("GET /a?b=c HTTP/1.1\r\n")
          .containsIgnoringCase("cookie: k=v")
          .containsIgnoringCase("origin: http://o")
          .containsIgnoringCase("x-forwarded-for: 127.0.0.1")
          .doesNotContainIgnoringCase("sec-websocket-extensions");
    }
  }

  @ParameterizedTest
  @CsvSource({"1000,bye", "1001,''", "1008,no", "3000,own", "4999,last"})
  void closeCodesAndReasonsPassBothWays(int code, String reason) throws Exception {
    Frame close = Frame.close(code, reason);
    try (Pair pair = Pair.open("")) {
      pair.client().send(close);
      assertThat(pair.server().read()).isEqualTo(close);
      pair.server().send(close).close();
      assertThat(pair.client().read()).isEqualTo(close);
      assertThat(pair.client().ended()).isTrue();
      Gauges.settled(pair.gateway());
    }
    try (Pair pair = Pair.open("")) {
      pair.server().send(close);
      assertThat(pair.client().read()).isEqualTo(close);
      pair.client().send(close);
      assertThat(pair.client().ended()).isTrue();
      assertThat(pair.server().read()).isEqualTo(close);
      pair.server().close();
      Gauges.settled(pair.gateway());
    }
  }

  @Test
  void aCloseWithoutAStatusPassesAsOneWithoutAForbiddenStatus() throws Exception {
    try (Pair pair = Pair.open("")) {
      pair.client().send(new Frame(true, 8, new byte[0]));
      assertThat(pair.server().read().closeCode()).isIn(-1, 1000);
      pair.server().send(new Frame(true, 8, new byte[0])).close();
      assertThat(pair.client().read().closeCode()).isIn(-1, 1000);
      Gauges.settled(pair.gateway());
    }
  }

  @Test
  void aSocketThatBreaksOnOneSideIsClosedOnTheOther() throws Exception {
    try (Pair pair = Pair.open("")) {
      pair.client().close();
      assertThat(pair.server().read().closeCode()).isEqualTo(1001);
      pair.server().close();
      Gauges.settled(pair.gateway());
    }
    try (Pair pair = Pair.open("")) {
      pair.server().close();
      assertThat(pair.client().read().closeCode()).isEqualTo(1001);
      pair.client().close();
      Gauges.settled(pair.gateway());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 404, 500})
  void aRefusalPassesWithItsBody(int status) throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.answering(
                "HTTP/1.1 " + status + " No\r\nX-Why: so\r\nContent-Length: 7\r\n\r\nbecause");
        RunningGateway gateway = over(upstream, "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      RawHttp.Answer answer = client.send(RawWebSocket.request("/", "")).read();
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.text()).isEqualTo("because");
      assertThat(answer.header("x-why")).contains("so");
      Gauges.settled(gateway);
      // The client's connection serves on.
      assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").read().status())
          .isEqualTo(status);
    }
  }

  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/        | 12 | dGhlIHNhbXBsZSBub25jZQ== | 0",
        "/        | 13 | short                    | 0",
        "/        | 13 | not+Base64+of+16+octets! | 0",
        "/{id}    | 13 | dGhlIHNhbXBsZSBub25jZQ== | 0",
        "/?q=a^b  | 13 | dGhlIHNhbXBsZSBub25jZQ== | 0",
        "/        | 13 | dGhlIHNhbXBsZSBub25jZQ== | 3",
      })
  void aBadHandshakeIsRefusedAndNeverReachesTheUpstream(
      String target, int version, String key, int body) throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        RunningGateway gateway = over(upstream, "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      RawHttp.Answer answer =
          client
              .send(
                  "GET %s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: %d\r\nSec-WebSocket-Key: %s\r\nContent-Length: %d\r\n\r\n"
                      .formatted(target, version, key, body))
              .send("x".repeat(body))
              .read();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("sec-websocket-version")).contains("13");
      assertThat(answer.text()).contains("\"bad_request\"");
      assertThat(upstream.heads()).isEmpty();
      Gauges.settled(gateway);
    }
  }

  @Test
  void connectionOptionsMayComeInSeveralLines() throws Exception {
    try (Accepting upstream = new Accepting();
        RunningGateway gateway = over(upstream.server, "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      client.send(
          "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: x , uPgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
              + KEY
              + "\r\n");
      assertThat(client.read(true).status()).isEqualTo(101);
      assertThat(upstream.server.heads().getFirst()).contains("GET / HTTP/1.1\r\n");
    }
  }

  @Test
  void anUpgradeThatConnectionDoesNotNameIsNone() throws Exception {
    try (ScriptedServer upstream =
            ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        RunningGateway gateway = over(upstream, "");
        RawHttp client = RawHttp.connect(gateway.port("web"))) {
      RawHttp.Answer answer =
          client
              .send(
                  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      + KEY
                      + "\r\n")
              .read();
      assertThat(answer.text()).isEqualTo("ok");
      assertThat(upstream.heads().getFirst()).doesNotContainIgnoringCase("\r\nupgrade:");
      Gauges.settled(gateway);
    }
  }

  @Test
  void anUnmaskedFrameOfAClientEndsTheConnection() throws Exception {
    invalid(new byte[] {(byte) 0x81, 1, 'x'}, 1002);
  }

  @Test
  void reservedBitsAndOpcodesAndOverlongControlFramesEndTheConnection() throws Exception {
    invalid(masked(0xC1, 1), 1002);
    invalid(masked(0x83, 1), 1002);
    invalid(masked(0x8B, 0), 1002);
    invalid(masked(0x09, 1), 1002); // a ping in pieces
    invalid(masked(0x80, 1), 1002); // a continuation of nothing
    byte[] ping = new byte[4 + 4 + 126];
    ping[0] = (byte) 0x89;
    ping[1] = (byte) (0x80 | 126);
    ping[3] = 126;
    invalid(ping, 1002);
  }

  @Test
  void textThatIsNotUtf8EndsTheConnection() throws Exception {
    byte[] frame = masked(0x81, 1);
    frame[6] = (byte) 0xFF;
    invalid(frame, 1007);
    byte[] cut = masked(0x81, 1); // the first half of a character, and no other
    cut[6] = (byte) 0xC3;
    invalid(cut, 1007);
    try (Pair pair = Pair.open("")) {
      pair.server().send(new Frame(true, 1, new byte[] {(byte) 0xFF}));
      assertThat(pair.server().read().closeCode()).isEqualTo(1007);
      assertThat(pair.client().read().closeCode()).isEqualTo(1001);
      pair.client().close();
      Gauges.settled(pair.gateway());
    }
  }

  @Test
  void aCharacterMayBeCutByTheBorderOfTwoFrames() throws Exception {
    List<Frame> frames =
        List.of(
            new Frame(false, 1, new byte[] {'a', (byte) 0xC3}),
            new Frame(true, 10, new byte[] {(byte) 0xFF}), // a pong between them is no text
            new Frame(true, 0, new byte[] {(byte) 0xA9}),
            new Frame(true, 2, new byte[] {(byte) 0xFF}));
    try (Pair pair = Pair.open("")) {
      for (Frame frame : frames) {
        pair.client().send(frame);
      }
      assertThat(pair.server().read()).isEqualTo(frames.get(0));
      assertThat(pair.server().read()).isEqualTo(frames.get(2));
      assertThat(pair.server().read()).isEqualTo(frames.get(3));
    }
  }

  private static byte[] masked(int first, int size) {
    byte[] frame = new byte[6 + size];
    frame[0] = (byte) first;
    frame[1] = (byte) (0x80 | size);
    return frame;
  }

  private static void invalid(byte[] bytes, int code) throws Exception {
    try (Pair pair = Pair.open("")) {
      pair.client().raw(bytes);
      Frame close = pair.client().read();
      assertThat(close.opcode()).isEqualTo(8);
      assertThat(close.closeCode()).isEqualTo(code);
      assertThat(pair.client().ended()).isTrue();
      assertThat(pair.server().read().opcode()).isEqualTo(8);
      pair.server().close();
      Gauges.settled(pair.gateway());
    }
  }

  @Test
  void aFrameThatIsTooLargeClosesWith1009() throws Exception {
    try (Pair pair = Pair.open("maxFrame: 1KiB")) {
      pair.client().send(new Frame(true, 2, new byte[1024]));
      assertThat(pair.server().read().payload()).hasSize(1024);
      pair.client().send(new Frame(true, 2, new byte[1025]));
      assertThat(pair.client().read().closeCode()).isEqualTo(1009);
      assertThat(pair.server().read().opcode()).isEqualTo(8);
    }
    try (Pair pair = Pair.open("maxFrame: 70KiB")) {
      pair.client().send(new Frame(true, 2, new byte[100_000]));
      assertThat(pair.client().read().closeCode()).isEqualTo(1009);
      assertThat(pair.server().read().opcode()).isEqualTo(8);
    }
  }

  @Test
  void aSlowPeerHoldsTheOtherBackBothWays() throws Exception {
    try (Pair pair = Pair.open("")) {
      for (RawWebSocket fast : List.of(pair.client(), pair.server())) {
        Counter written = new Counter();
        Thread.ofVirtual()
            .start(() -> {
              try {
                byte[] payload = new byte[64 * 1024];
                while (written.value() < 900_000_000) {
                  fast.send(new Frame(true, 2, payload));
                  written.add(payload.length);
                }
              } catch (IOException e) {
                // closed at the end
              }
            });
        assertThat(written.stuck()).isPositive().isLessThan(40L << 20);
      }
    }
  }

  @Test
  void aSlowReaderGetsEverythingThatWasSentBeforeTheClose() throws Exception {
    try (Pair pair = Pair.open("")) {
      int frames = 300;
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int i = 0; i < frames; i++) {
                pair.server().send(new Frame(true, 2, new byte[64 * 1024]));
              }
              pair.server().send(Frame.close(4000, "done")).finish();
            } catch (IOException e) {
              // seen as missing frames
            }
          });
      for (int i = 0; i < frames; i++) {
        assertThat(pair.client().read().opcode()).isEqualTo(2);
      }
      assertThat(pair.client().read()).isEqualTo(Frame.close(4000, "done"));
    }
  }

  @Test
  void peersThatAnswerPingsStayAndPeersThatDoNotAreGoneByTheSecondMiss() throws Exception {
    silent(100);
  }

  @Test
  @Tag("full")
  void threeThousandSilentSocketsAreAllGone() throws Exception {
    silent(3000);
  }

  private static void silent(int count) throws Exception {
    List<RawWebSocket> ends = new ArrayList<>();
    CountDownLatch over = new CountDownLatch(1);
    try (ScriptedServer upstream =
            ScriptedServer.start((connection, head, body) -> {
              RawWebSocket.accept(connection.socket(), head);
              try {
                over.await(60, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
        RunningGateway gateway = over(upstream, "ping: 1s, misses: 2")) {
      try {
        for (int i = 0; i < count; i++) {
          ends.add(RawWebSocket.connect(gateway.port("web"), "/", ""));
        }
        if (count <= 100) {
          assertThat(Gauges.exchanges(gateway)).isEqualTo(count);
        }
        Gauges.settled(gateway);
        for (RawWebSocket end : ends) {
          assertThat(end.ended()).isTrue();
        }
      } finally {
        for (RawWebSocket end : ends) {
          end.close();
        }
        over.countDown();
      }
    }
  }

  @Test
  void peersThatAnswerStayOpenThroughManyPings() throws Exception {
    try (Pair pair = Pair.open("ping: 100ms, misses: 2")) {
      CountDownLatch pings = new CountDownLatch(20);
      for (RawWebSocket end : List.of(pair.client(), pair.server())) {
        Thread.ofVirtual()
            .start(() -> {
              try {
                for (Frame frame = end.read(); frame.opcode() == 9; frame = end.read()) {
                  end.send(new Frame(true, 10, frame.payload()));
                  pings.countDown();
                }
              } catch (IOException e) {
                // seen as a missing count
              }
            });
      }
      assertThat(pings.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(Gauges.exchanges(pair.gateway())).isEqualTo(1);
    }
  }

  @Test
  void aDrainClosesWith1001() throws Exception {
    try (Pair pair = Pair.open("")) {
      pair.gateway().gateway().drain();
      assertThat(pair.client().read().closeCode()).isEqualTo(1001);
      assertThat(pair.server().read().closeCode()).isEqualTo(1001);
    }
  }
}
