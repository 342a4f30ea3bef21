package dev.sluice.gateway.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddedKindsTest {
  private final Vertx vertx = Vertx.vertx();
  private final EmbeddedKinds kinds = new EmbeddedKinds(vertx, "7.1");
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @AfterEach
  void stop() throws Exception {
    kinds.close().await(20, TimeUnit.SECONDS);
    vertx.close().await(20, TimeUnit.SECONDS);
    client.close();
  }

  @Test
  void httpbinAnswersAsHttpbinDoes() throws Exception {
    HttpResponse<String> answer = fetch("httpbin", "/get?a=b");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(answer.body()).getJsonObject("args").getString("a")).isEqualTo("b");
    assertThat(fetch("httpbin", "/status/418").statusCode()).isEqualTo(418);
  }

  @Test
  void askingTwiceStartsOneServer() throws Exception {
    for (String kind : kinds.kinds()) {
      var first = kinds.address(kind);
      var second = kinds.address(kind);

      assertThat(await(first)).isEqualTo(await(second));
    }
  }

  @Test
  void anUnknownKindIsNamedWithTheKnownOnes() {
    assertThatThrownBy(() -> await(kinds.address("nginx")))
        .hasMessage("no embedded server nginx; there are [echo, httpbin]");
  }

  @Test
  void closingFreesThePorts() throws Exception {
    SocketAddress httpbin = await(kinds.address("httpbin"));
    SocketAddress echo = await(kinds.address("echo"));

    kinds.close().await(20, TimeUnit.SECONDS);

    for (SocketAddress gone : List.of(httpbin, echo)) {
      assertThatThrownBy(() -> new Socket(gone.host(), gone.port()).close())
          .isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void echoTellsWhatReachedIt() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri("echo", "/echo?q=1&q=2"))
            .method("PUT", HttpRequest.BodyPublishers.ofString("Grüße"))
            .header("X-Twice", "a")
            .header("X-Twice", "b")
            .build();
    JsonObject told =
        new JsonObject(client.send(request, HttpResponse.BodyHandlers.ofString()).body());

    assertThat(told.getString("method")).isEqualTo("PUT");
    assertThat(told.getString("path")).isEqualTo("/echo");
    assertThat(told.getString("query")).isEqualTo("q=1&q=2");
    assertThat(told.getJsonObject("headers").getJsonArray("x-twice").getList())
        .isEqualTo(List.of("a", "b"));
    assertThat(told.getString("body")).isEqualTo("Grüße");
    assertThat(told.getInteger("bodyBytes")).isEqualTo(7);
  }

  @Test
  void echoGivesBytesThatAreNoTextInBase64() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri("echo", "/echo"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {(byte) 0xff, 0}))
            .build();
    JsonObject told =
        new JsonObject(client.send(request, HttpResponse.BodyHandlers.ofString()).body());

    assertThat(told.getString("bodyBase64")).isEqualTo("/wA=");
    assertThat(told.containsKey("body")).isFalse();
  }

  @Test
  void aBodyAboveTheLimitIsRefused() throws Exception {
    HttpRequest atTheLimit =
        HttpRequest.newBuilder(uri("echo", "/echo"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[10 << 20]))
            .build();
    HttpRequest above =
        HttpRequest.newBuilder(uri("echo", "/echo"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[(10 << 20) + 1]))
            .build();

    assertThat(client.send(atTheLimit, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
    assertThat(client.send(above, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(413);
  }

  @Test
  void versionAndUnknownPaths() throws Exception {
    assertThat(fetch("echo", "/version").body()).isEqualTo("{\"version\":\"7.1\"}");
    assertThat(fetch("echo", "/nothing").statusCode()).isEqualTo(404);
  }

  @Test
  void eventsComeInOrderAndThenEnd() throws Exception {
    HttpResponse<String> answer = fetch("echo", "/sse?n=3&interval=1ms");

    assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream");
    assertThat(answer.body().lines().filter(line -> line.startsWith("data: ")))
        .containsExactly("data: {\"n\":1}", "data: {\"n\":2}", "data: {\"n\":3}");
    assertThat(answer.body()).endsWith("\n\n");
  }

  @Test
  void eventsOutOfRangeAreRefused() throws Exception {
    for (String query :
        List.of("n=0", "n=x", "n=", "n=100001", "interval=5", "interval=61s", "interval=0ms")) {
      assertThat(fetch("echo", "/sse?" + query).statusCode()).as(query).isEqualTo(400);
    }
  }

  @Test
  void aWebSocketGetsItsFramesAndTheFirstSubProtocolBack() throws Exception {
    SocketAddress echo = await(kinds.address("echo"));
    BlockingQueue<String> messages = new ArrayBlockingQueue<>(10);
    var webSockets =
        vertx.createWebSocketClient(
            new WebSocketClientOptions().setMaxFrameSize(16 << 20).setMaxMessageSize(16 << 20));
    var socket =
        await(
            webSockets.connect(
                new WebSocketConnectOptions()
                    .setHost(echo.host())
                    .setPort(echo.port())
                    .setURI("/ws/echo")
                    .setSubProtocols(List.of("chat.v2", "chat.v1"))));
    socket.textMessageHandler(messages::add);
    String big = "x".repeat(1 << 20);

    await(socket.writeFinalTextFrame("one"));
    await(socket.writeFinalTextFrame(big));

    assertThat(socket.subProtocol()).isEqualTo("chat.v2");
    assertThat(messages.poll(10, TimeUnit.SECONDS)).isEqualTo("one");
    assertThat(messages.poll(10, TimeUnit.SECONDS)).isEqualTo(big);
    await(socket.close());
  }

  @Test
  void aWebSocketElsewhereIsRefused() throws Exception {
    SocketAddress echo = await(kinds.address("echo"));

    assertThatThrownBy(() ->
            client
                .newWebSocketBuilder()
                .buildAsync(
                    URI.create("ws://" + echo.host() + ":" + echo.port() + "/ws/other"),
                    new WebSocket.Listener() {})
                .get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            WebSocketHandshakeException.class,
            refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(404));
  }

  private HttpResponse<String> fetch(String kind, String target) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(kind, target)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String kind, String target) throws Exception {
    SocketAddress address = await(kinds.address(kind));
    return URI.create("http://" + address.host() + ":" + address.port() + target);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(20, TimeUnit.SECONDS);
  }
}
