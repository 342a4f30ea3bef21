package dev.sluice.gateway.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.config.RouteConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InFlight;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.RouteView;
import dev.sluice.gateway.exchange.Turn;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.resilience.WheelTimers;
import dev.sluice.gateway.testing.NoAside;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RawHttp.Answer;
import dev.sluice.gateway.wire.Connections;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A chain of filters alone, around exchanges of a real server. */
class FilterChainTest {
  private static final long WAIT_SECONDS = 10;

  @TempDir private Path folder;

  private final Vertx vertx = Vertx.vertx();
  private final List<String> steps = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Promise<Verdict>> waiting = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final List<Filter> filters = new ArrayList<>();
  private HttpServer server = vertx.createHttpServer();
  private Context context = vertx.getOrCreateContext();

  @BeforeEach
  void start() throws Exception {
    Path file = folder.resolve("sluice.yaml");
    Files.writeString(
        file,
        """
        version: 1
        listeners: {web: {port: 8080}}
        routes: [{name: any, match: {path: "/*"}, respond: {text: x}}]
        """);
    var loaded = (ConfigLoader.Result.Loaded) new ConfigLoader(name -> null).load(file);
    RouteConfig config = loaded.config().routing().routes().getFirst();
    ListenerConfig web = loaded.config().listeners().getFirst();
    WheelTimers[] wheel = new WheelTimers[1];
    wheel[0] =
        new WheelTimers(
            SystemTicker.INSTANCE,
            10_000_000L,
            nanos -> vertx.setTimer(10, timer -> wheel[0].advance()));
    CompletableFuture<HttpServer> listening = new CompletableFuture<>();
    context.runOnContext(nothing -> {
      Loop loop =
          new Loop(
              0,
              vertx,
              context,
              wheel[0],
              new SplittableRandom(1),
              new Turn(context, Connections.nextTurn(context)),
              Clock.systemUTC(),
              new InFlight(),
              new NoAside());
      Ingress ingress = new Ingress(web, 0, Observer.NONE);
      server =
          vertx
              .createHttpServer()
              .requestHandler(request -> {
                Exchange exchange = new Exchange(loop, ingress, request, request.headers(), 0);
                FilterChain chain = new FilterChain(filters);
                exchange.route(new Any(config), new String[0], chain);
                chain.run(
                    exchange,
                    served -> {
                      steps.add("action");
                      served.answer(Reply.of(200, HttpHeaders.headers(), Buffer.buffer("ok")));
                    });
              });
      server
          .listen(0, "127.0.0.1")
          .onComplete((made, cause) -> {
            if (made == null) {
              listening.completeExceptionally(cause);
            } else {
              listening.complete(made);
            }
          });
    });
    server = listening.get(WAIT_SECONDS, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
  }

  /** A route of no table. */
  private record Any(RouteConfig config) implements RouteView {
    @Override
    public String name() {
      return "any";
    }

    @Override
    public String[] parameterNames() {
      return new String[0];
    }

    @Override
    public Observer observer() {
      return Observer.NONE;
    }
  }

  /** Notes what it is asked, and says to the request what the test wants. */
  private Filter noting(String name, Function<Exchange, Verdict> says) {
    return new Filter() {
      @Override
      public Verdict onRequest(Exchange exchange) {
        steps.add(name + " request");
        return says.apply(exchange);
      }

      @Override
      public void onResponse(Exchange exchange) {
        steps.add(name + " response " + exchange.response().getStatusCode());
      }

      @Override
      public void onEnd(Exchange exchange) {
        steps.add(name + " end");
        ended.countDown();
      }
    };
  }

  private void filters(Filter... all) {
    filters.addAll(List.of(all));
  }

  private Filter passing(String name) {
    return noting(name, exchange -> Verdict.CONTINUE);
  }

  private Filter later(String name) {
    return noting(
        name,
        exchange -> {
          Promise<Verdict> promise = Promise.promise();
          waiting.complete(promise);
          return new Verdict.Later(promise.future());
        });
  }

  private Answer ask() throws Exception {
    try (RawHttp http = RawHttp.connect(server.actualPort())) {
      http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      return http.read();
    }
  }

  private void done() throws InterruptedException {
    assertThat(ended.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    CountDownLatch turn = new CountDownLatch(1);
    context.runOnContext(nothing -> turn.countDown());
    assertThat(turn.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void requestsPassInOrderAnswersBackwardsAndEachIsToldOfTheEndOnce() throws Exception {
    filters(passing("a"), passing("b"), passing("c"));
    assertThat(ask().text()).isEqualTo("ok");
    done();
    assertThat(steps)
        .containsExactly(
            "a request",
            "b request",
            "c request",
            "action",
            "c response 200",
            "b response 200",
            "a response 200",
            "a end",
            "b end",
            "c end");
  }

  @Test
  void theFirstAnswerStopsTheChainAndOnlyThoseThatRanSeeIt() throws Exception {
    filters(
        passing("a"),
        noting("b", exchange -> new Verdict.Answer(Reply.of(Failure.FORBIDDEN))),
        passing("c"));
    assertThat(ask().status()).isEqualTo(403);
    done();
    assertThat(steps)
        .containsExactly(
            "a request", "b request", "b response 403", "a response 403", "a end", "b end");
  }

  @Test
  void aFilterThatThrowsIsA500AndIsStillToldOfTheEnd() throws Exception {
    filters(
        passing("a"),
        noting(
            "b",
            exchange -> {
              throw new IllegalStateException("a bug");
            }),
        passing("c"));
    Answer answer = ask();
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.text()).contains("\"internal\"").doesNotContain("a bug");
    done();
    assertThat(steps)
        .containsExactly(
            "a request", "b request", "b response 500", "a response 500", "a end", "b end");
  }

  @Test
  void aFilterThatThrowsWithTheAnswerOrAtTheEndStopsNobodyElse() throws Exception {
    Filter broken =
        new Filter() {
          @Override
          public Verdict onRequest(Exchange exchange) {
            return Verdict.CONTINUE;
          }

          @Override
          public void onResponse(Exchange exchange) {
            throw new IllegalStateException("a bug");
          }

          @Override
          public void onEnd(Exchange exchange) {
            throw new IllegalStateException("a bug");
          }
        };
    filters(passing("a"), broken, broken, passing("z"));
    assertThat(ask().text()).isEqualTo("ok");
    done();
    assertThat(steps).contains("z response 200", "a response 200", "a end", "z end");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFilterThatNeedsTimeHoldsTheRequestUntilItSaysSo(boolean atOnce) throws Exception {
    filters(
        passing("a"),
        atOnce
            ? noting("b", exchange -> new Verdict.Later(Future.succeededFuture(Verdict.CONTINUE)))
            : later("b"),
        passing("c"));
    if (!atOnce) {
      waiting.thenAccept(promise ->
          context.runOnContext(nothing -> {
            steps.add("time");
            promise.complete(Verdict.CONTINUE);
          }));
    }
    assertThat(ask().text()).isEqualTo("ok");
    done();
    assertThat(steps.stream().filter(step -> !step.equals("time")))
        .startsWith("a request", "b request", "c request", "action");
    if (!atOnce) {
      assertThat(steps.indexOf("time")).isBetween(2, 2);
    }
  }

  @Test
  void whatFailsLaterIsTheReasonOfTheAnswer() throws Exception {
    filters(
        noting(
            "a",
            exchange ->
                new Verdict.Later(Future.failedFuture(new Failed(Failure.OVERLOADED, "full")))));
    Answer answer = ask();
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text()).contains("\"overloaded\"", "full");
  }

  @Test
  void aClientThatLeavesWhileAFilterWaitsEndsTheExchangeOnceAndForAll() throws Exception {
    filters(passing("a"), later("b"), passing("c"));
    Promise<Verdict> promise;
    try (RawHttp http = RawHttp.connect(server.actualPort())) {
      http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      promise = waiting.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }
    done();
    context.runOnContext(nothing -> promise.complete(Verdict.CONTINUE));
    done();
    assertThat(steps).containsExactly("a request", "b request", "a end", "b end");
  }

  @Test
  void aChainMayBeEmpty() throws Exception {
    assertThat(new FilterChain(List.of()).isEmpty()).isTrue();
    assertThat(ask().text()).isEqualTo("ok");
  }
}
