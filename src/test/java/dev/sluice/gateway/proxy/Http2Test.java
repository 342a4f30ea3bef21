package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Counter;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import dev.sluice.gateway.testing.ScriptedServer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 on both sides, with and without TLS. */
class Http2Test {
  private static Vertx vertx;
  private static HttpClient plainClient;
  private static HttpClient tlsClient;
  private static Certificates certificates;
  private static HttpServer plain;
  private static HttpServer secure;
  private static ScriptedServer old;
  private static RunningGateway gateway;
  private static volatile Handler<HttpServerRequest> script = request -> request.response().end();

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    plainClient = make(false);
    tlsClient = make(true);
    certificates = Certificates.make();
    plain = server(new HttpServerOptions());
    secure =
        server(
            new HttpServerOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .addCertPath(certificates.certificate().toString())
                        .addKeyPath(certificates.key().toString())));
    old = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    gateway =
        RunningGateway.start(
            """
            listeners:
              web: {address: 127.0.0.1, port: 0, h2c: true}
              safe: {address: 127.0.0.1, port: 0, tls: {certificates: [{cert: "%s", key: "%s"}]}}
            upstreams:
              h2c: {endpoints: ["127.0.0.1:%d"], protocol: h2c}
              h2: {endpoints: ["127.0.0.1:%d"], protocol: h2, tls: {verify: false}}
              old: {endpoints: ["127.0.0.1:%d"]}
            routes:
              - {name: h2c, match: {path: "/h2c/*"}, upstream: h2c}
              - {name: h2, match: {path: "/h2/*"}, upstream: h2}
              - {name: old, match: {path: "/old/*"}, upstream: old}
            """
                .formatted(
                    certificates.certificate(),
                    certificates.key(),
                    plain.actualPort(),
                    secure.actualPort(),
                    old.port()));
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    old.close();
    done(vertx.close());
  }

  private static HttpServer server(HttpServerOptions options) throws Exception {
    return done(
        vertx
            .createHttpServer(options.setHttp2ClearTextEnabled(true))
            .requestHandler(request -> script.handle(request))
            .listen(0, "127.0.0.1"));
  }

  static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static HttpClient client(boolean tls) {
    return tls ? tlsClient : plainClient;
  }

  /** Kept in fields, since a client that nobody holds is closed. */
  private static HttpClient make(boolean tls) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false);
    if (tls) {
      options.setSsl(true).setUseAlpn(true).setTrustAll(true).setVerifyHost(false);
    }
    return vertx.createHttpClient(options);
  }

  private static HttpClientRequest request(boolean tls, HttpMethod method, String path)
      throws Exception {
    return done(client(tls).request(method, gateway.port(tls ? "safe" : "web"), "127.0.0.1", path));
  }

  /** An answer with its whole body. */
  private record Whole(HttpClientResponse head, Buffer body) {
    static Future<Whole> of(Future<HttpClientResponse> answer) {
      return answer.compose(head -> head.body().map(body -> new Whole(head, body)));
    }

    /** Listens before it sends: an answer that nobody listens to yet is lost. */
    static Future<Whole> of(HttpClientRequest request, Buffer sent) {
      Future<Whole> answer = of(request.response());
      Future<Void> written = sent.length() == 0 ? request.end() : request.end(sent);
      return answer.onFailure(cause -> written.isComplete());
    }
  }

  private static Whole get(boolean tls, String path) throws Exception {
    return done(Whole.of(request(tls, HttpMethod.GET, path), Buffer.buffer()));
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @CsvSource({"false,/h2c/", "true,/h2c/", "false,/h2/", "true,/h2/"})
  void bodiesPassBothWaysOverHttp2(boolean tls, String path) throws Exception {
    script =
        request -> {
          assertThat(request.version()).isEqualTo(HttpVersion.HTTP_2);
          request
              .body()
              .onSuccess(
                  body -> request.response().putHeader("x-size", "" + body.length()).end(body));
        };
    for (int size : new int[] {0, 1, 65535, 65536, 65537, 3 << 20}) {
      byte[] body = bytes(size);
      Whole answer = done(Whole.of(request(tls, HttpMethod.POST, path), Buffer.buffer(body)));
      assertThat(answer.head().version()).isEqualTo(HttpVersion.HTTP_2);
      assertThat(answer.head().getHeader("x-size")).isEqualTo("" + size);
      assertThat(Arrays.equals(answer.body().getBytes(), body)).isTrue();
    }
    Gauges.settled(gateway);
  }

  @Test
  void aRequestWithoutABodyIsForwardedWithoutOne() throws Exception {
    AtomicReference<String> length = new AtomicReference<>();
    for (boolean tls : new boolean[] {false, true}) {
      get(tls, "/old/get");
      assertThat(old.heads().getLast())
          .startsWith("GET /old/get HTTP/1.1\r\n")
          .doesNotContainIgnoringCase("transfer-encoding")
          .doesNotContainIgnoringCase("content-length");
    }
    script =
        request ->
            request
                .body()
                .onSuccess(body -> {
                  length.set(request.getHeader("content-length"));
                  request.response().end();
                });
    get(false, "/h2c/get");
    assertThat(length.get()).isNull();
    // Connections to the upstream are kept.
    int connections = old.accepted();
    for (int i = 0; i < 10; i++) {
      get(false, "/old/get");
    }
    assertThat(old.accepted()).isLessThanOrEqualTo(connections + 2);
    Gauges.settled(gateway);
  }

  @Test
  void anUploadWithoutALengthArrivesWholeAtAnHttp1Upstream() throws Exception {
    HttpClientRequest request = request(false, HttpMethod.POST, "/old/post").setChunked(true);
    done(request.write(Buffer.buffer("abc")));
    Future<Whole> answer = Whole.of(request.response());
    done(request.end(Buffer.buffer("def")));
    assertThat(done(answer).body().toString()).isEqualTo("ok");
    assertThat(old.heads().getLast()).containsIgnoringCase("transfer-encoding: chunked");
    Gauges.settled(gateway);
  }

  @Test
  void trailersPassOverHttp2() throws Exception {
    script =
        request -> {
          request.response().setChunked(true).putTrailer("x-sum", "42").write("abc");
          request.response().end();
        };
    Whole answer = get(false, "/h2c/");
    assertThat(answer.body().toString()).isEqualTo("abc");
    assertThat(answer.head().getTrailer("x-sum")).isEqualTo("42");
  }

  @Test
  void aResetFromTheClientCancelsTheUpstreamsStream() throws Exception {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    CountDownLatch asked = new CountDownLatch(1);
    script =
        request -> {
          request.response().exceptionHandler(seen::complete);
          asked.countDown();
        };
    HttpClientRequest request = request(false, HttpMethod.GET, "/h2c/");
    request.response().onFailure(ignored -> {});
    done(request.end());
    assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
    done(request.reset(8));
    assertThat(seen.get(5, TimeUnit.SECONDS)).isInstanceOf(StreamResetException.class);
    Gauges.settled(gateway);
  }

  @Test
  void aResetWhileTheAnswerStreamsCancelsTheUpstreamsStream() throws Exception {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    script =
        request -> {
          request.response().exceptionHandler(seen::complete);
          request.response().setChunked(true).write("abc");
        };
    HttpClientRequest request = request(false, HttpMethod.GET, "/h2c/");
    done(request.send());
    done(request.reset(8));
    assertThat(seen.get(5, TimeUnit.SECONDS)).isInstanceOf(StreamResetException.class);
    Gauges.settled(gateway);
  }

  @Test
  void aResetFromTheUpstreamIsA502BeforeTheHeadAndAResetAfterIt() throws Exception {
    script = request -> request.response().reset(2);
    Whole answer = done(Whole.of(request(false, HttpMethod.POST, "/h2c/"), Buffer.buffer()));
    assertThat(answer.head().statusCode()).isEqualTo(502);
    assertThat(answer.body().toString()).contains("upstream_reset");

    script =
        request -> {
          request.response().setChunked(true).write("abc");
          request.response().reset(2);
        };
    assertThatThrownBy(
            () -> done(Whole.of(request(false, HttpMethod.GET, "/h2c/"), Buffer.buffer())))
        .hasRootCauseInstanceOf(StreamResetException.class);
    Gauges.settled(gateway);
  }

  @Test
  void anHttp1UpstreamThatDiesInTheMiddleIsAResetForAnHttp2Client() throws Exception {
    try (ScriptedServer dying =
            ScriptedServer.start((connection, head, body) -> {
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
              connection.close();
            });
        RunningGateway other =
            RunningGateway.start(
                """
                listeners: {web: {address: 127.0.0.1, port: 0, h2c: true}}
                upstreams: {back: {endpoints: ["127.0.0.1:%d"]}}
                routes: [{name: all, match: {path: "/*"}, upstream: back}]
                """
                    .formatted(dying.port()))) {
      Future<Buffer> body =
          client(false)
              .request(HttpMethod.GET, other.port("web"), "127.0.0.1", "/")
              .compose(HttpClientRequest::send)
              .compose(HttpClientResponse::body);
      assertThatThrownBy(() -> done(body)).hasRootCauseInstanceOf(StreamResetException.class);
      Gauges.settled(other);
    }
  }

  @Test
  void aBodyThatDiffersFromItsLengthIsAStreamError() throws Exception {
    script = request -> request.body().onSuccess(body -> request.response().end());
    HttpClientRequest request =
        request(false, HttpMethod.POST, "/h2c/").putHeader("content-length", "10");
    Future<HttpClientResponse> answer = request.response();
    request.end(Buffer.buffer("abc")).onFailure(ignored -> {});
    try {
      assertThat(done(answer).statusCode()).isEqualTo(400);
    } catch (java.util.concurrent.ExecutionException reset) {
      assertThat(reset).hasRootCauseInstanceOf(StreamResetException.class);
    }
    Gauges.settled(gateway);
  }

  @Test
  void manyStreamsAtOnceAllGetTheirOwnAnswer() throws Exception {
    script = request -> vertx.setTimer(5, timer -> request.response().end(request.path()));
    HttpClient client = client(false);
    List<Future<Buffer>> answers = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      answers.add(
          client
              .request(HttpMethod.GET, gateway.port("web"), "127.0.0.1", "/h2c/" + i)
              .compose(HttpClientRequest::send)
              .compose(HttpClientResponse::body));
    }
    for (int i = 0; i < 600; i++) {
      assertThat(done(answers.get(i)).toString()).isEqualTo("/h2c/" + i);
    }
    Gauges.settled(gateway);
  }

  @Test
  void anUpstreamsGoAwayMovesRequestsToAFreshConnection() throws Exception {
    AtomicInteger served = new AtomicInteger();
    script =
        request -> {
          if (served.incrementAndGet() % 20 == 10) {
            request.connection().goAway(0);
          }
          vertx.setTimer(2, timer -> request.response().end("ok"));
        };
    HttpClient client = client(false);
    for (int round = 0; round < 10; round++) {
      List<Future<HttpClientResponse>> answers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        answers.add(
            client
                .request(HttpMethod.GET, gateway.port("web"), "127.0.0.1", "/h2c/" + i)
                .compose(HttpClientRequest::send));
      }
      for (Future<HttpClientResponse> answer : answers) {
        assertThat(done(answer).statusCode()).isEqualTo(200);
      }
    }
    Gauges.settled(gateway);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSlowHttp2ReaderHoldsTheUpstreamBack(boolean tls) throws Exception {
    Counter written = new Counter();
    script =
        request -> {
          Buffer block = Buffer.buffer(new byte[64 * 1024]);
          request.response().setChunked(true);
          Runnable[] pump = new Runnable[1];
          pump[0] =
              () -> {
                while (!request.response().writeQueueFull() && !request.response().closed()) {
                  request.response().write(block);
                  written.add(block.length());
                }
              };
          request.response().drainHandler(nothing -> pump[0].run());
          pump[0].run();
        };
    HttpClientRequest request = request(tls, HttpMethod.GET, "/h2c/");
    HttpClientResponse answer = done(request.send().onSuccess(HttpClientResponse::pause));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(written.stuck()).isPositive().isLessThan(40L << 20);
    done(request.reset(8));
    Gauges.settled(gateway);
  }

  @Test
  void aSlowHttp2UpstreamHoldsTheClientBack() throws Exception {
    script = HttpServerRequest::pause;
    HttpClientRequest request = request(false, HttpMethod.POST, "/h2c/").setChunked(true);
    request.response().onFailure(ignored -> {});
    Counter written = new Counter();
    Buffer block = Buffer.buffer(new byte[64 * 1024]);
    Runnable[] pump = new Runnable[1];
    pump[0] =
        () -> {
          while (!request.writeQueueFull() && written.value() < 900_000_000) {
            request.write(block);
            written.add(block.length());
          }
        };
    request.drainHandler(nothing -> pump[0].run());
    vertx.runOnContext(nothing -> pump[0].run());
    assertThat(written.stuck()).isPositive().isLessThan(40L << 20);
    done(request.reset(8));
    Gauges.settled(gateway);
  }

  @Test
  void aLargeEarlyAnswerArrivesWholeThoughTheUploadGoesOn() throws Exception {
    script = request -> request.response().setStatusCode(413).end(Buffer.buffer(new byte[1 << 20]));
    HttpClientRequest request = request(false, HttpMethod.POST, "/h2c/").setChunked(true);
    Future<Whole> answer = Whole.of(request.response());
    done(request.write(Buffer.buffer("abc")));
    assertThat(done(answer).head().statusCode()).isEqualTo(413);
    assertThat(done(answer).body().length()).isEqualTo(1 << 20);
    Gauges.settled(gateway);
  }

  @Test
  void alpnServesHttp1ClientsToo() throws Exception {
    try (RawHttp http = RawHttp.connectTls(gateway.port("safe"), certificates.trusting())) {
      assertThat(http.send("GET /old/ HTTP/1.1\r\nHost: a\r\n\r\n").read().text()).isEqualTo("ok");
    }
  }
}
