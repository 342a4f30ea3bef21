package dev.sluice.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.http.MessageScanner;
import dev.sluice.gateway.testing.ResponseCases;
import dev.sluice.gateway.testing.ResponseCases.Outcome;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseGuardTest {
  private static Vertx vertx;
  private static HttpClientAgent client;

  private record Call(
      Future<Buffer> body, Http1ResponseGuard guard, CompletableFuture<Void> closed) {}

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    client =
        vertx.createHttpClient(
            new HttpClientOptions().setMaxHeaderSize(64 << 10).setMaxInitialLineLength(16 << 10));
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  static List<ResponseCases.Case> cases() {
    return ResponseCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void treatsTheAnswerAsTheTableSays(ResponseCases.Case row) throws Exception {
    check(row, row.bytes().length());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void treatsItTheSameInTwoParts(ResponseCases.Case row) throws Exception {
    check(row, row.bytes().length() / 2);
  }

  private static void check(ResponseCases.Case row, int split) throws Exception {
    ScriptedServer.Script script =
        (connection, head, body) -> {
          connection.send(row.bytes().substring(0, split));
          connection.send(row.bytes().substring(split));
        };
    try (ScriptedServer upstream = ScriptedServer.start(script)) {
      Call call = call(upstream.port(), row.method()).get(5, TimeUnit.SECONDS);
      CompletableFuture<Buffer> body = call.body().toCompletionStage().toCompletableFuture();
      if (row.outcome() == Outcome.BROKEN) {
        assertThat(body)
            .failsWithin(5, TimeUnit.SECONDS)
            .withThrowableOfType(ExecutionException.class);
      } else {
        assertThat(body).succeedsWithin(5, TimeUnit.SECONDS);
      }
      if (row.outcome() == Outcome.PASSED) {
        assertThat(call.guard().violation()).isNull();
        assertThat(call.guard().reusable()).isTrue();
        assertThat(upstream.open()).isEqualTo(1);
      } else {
        call.closed().get(5, TimeUnit.SECONDS);
        assertThat(call.guard().violation()).isNotNull();
        assertThat(call.guard().reusable()).isFalse();
      }
    }
  }

  private static CompletableFuture<Call> call(int port, String method) {
    CompletableFuture<Call> result = new CompletableFuture<>();
    client
        .connect(new HttpConnectOptions().setHost("127.0.0.1").setPort(port))
        .onFailure(result::completeExceptionally)
        .onSuccess(connection -> result.complete(call(connection, method)));
    return result;
  }

  private static Call call(HttpClientConnection connection, String method) {
    Http1ResponseGuard guard =
        Http1ResponseGuard.install(connection, MessageScanner.Limits.DEFAULT);
    if (guard == null) {
      throw new AssertionError("the connection is not guarded");
    }
    CompletableFuture<Void> closed = new CompletableFuture<>();
    connection.closeHandler(v -> closed.complete(null));
    guard.expect(method, false);
    Future<Buffer> body =
        connection
            .request(HttpMethod.valueOf(method), "/")
            .compose(request -> request.send())
            .compose(response -> response.body());
    return new Call(body, guard, closed);
  }

  @Test
  void closesAnIdleConnectionThatSpeaksUnasked() throws Exception {
    CompletableFuture<ScriptedServer.Connection> peer = new CompletableFuture<>();
    ScriptedServer.Script script =
        (connection, head, body) -> {
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          peer.complete(connection);
        };
    try (ScriptedServer upstream = ScriptedServer.start(script)) {
      Call call = call(upstream.port(), "GET").get(5, TimeUnit.SECONDS);
      call.body().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
      peer.get(5, TimeUnit.SECONDS)
          .send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
      call.closed().get(5, TimeUnit.SECONDS);
      assertThat(call.guard().violation()).isNotNull();
    }
  }
}
