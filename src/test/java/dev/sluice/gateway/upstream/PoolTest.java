package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Balance;
import dev.sluice.gateway.config.UpstreamConfig.HostHeader;
import dev.sluice.gateway.config.UpstreamConfig.Pool;
import dev.sluice.gateway.config.UpstreamConfig.Protocol;
import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.exchange.InFlight;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Turn;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.resilience.WheelTimers;
import dev.sluice.gateway.testing.NoAside;
import dev.sluice.gateway.wire.Connections;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolTest {
  private static final int LOOPS = 3;
  private static final long WAIT_SECONDS = 30;

  private final Vertx vertx = Vertx.vertx();
  private final List<Loop> loops = new ArrayList<>();
  private final AtomicInteger serving = new AtomicInteger();
  private final AtomicInteger mostServing = new AtomicInteger();

  @BeforeEach
  void loops() throws Exception {
    for (int i = 0; i < LOOPS; i++) {
      CompletableFuture<Context> started = new CompletableFuture<>();
      vertx
          .deployVerticle(
              new AbstractVerticle() {
                @Override
                public void start() {
                  started.complete(context);
                }
              })
          .toCompletionStage()
          .toCompletableFuture()
          .get(WAIT_SECONDS, TimeUnit.SECONDS);
      loops.add(loop(i, started.get(WAIT_SECONDS, TimeUnit.SECONDS)));
    }
  }

  private Loop loop(int index, Context context) {
    WheelTimers[] wheel = new WheelTimers[1];
    wheel[0] =
        new WheelTimers(
            SystemTicker.INSTANCE,
            10_000_000L,
            nanos -> vertx.setTimer(10, timer -> wheel[0].advance()));
    return new Loop(
        index,
        vertx,
        context,
        wheel[0],
        new SplittableRandom(index),
        new Turn(context, Connections.nextTurn(context)),
        Clock.systemUTC(),
        new InFlight(),
        new NoAside());
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
  }

  private int server(int closeEvery) throws Exception {
    AtomicInteger count = new AtomicInteger();
    HttpServer server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(0)
                    .setHttp2ClearTextEnabled(true))
            .requestHandler(request -> {
              int now = serving.incrementAndGet();
              mostServing.accumulateAndGet(now, Math::max);
              vertx.runOnContext(later -> {
                serving.decrementAndGet();
                if (closeEvery > 0 && count.incrementAndGet() % closeEvery == 0) {
                  request.response().putHeader("connection", "close");
                }
                request.response().end("x");
              });
            });
    return server
        .listen()
        .toCompletionStage()
        .toCompletableFuture()
        .get(WAIT_SECONDS, TimeUnit.SECONDS)
        .actualPort();
  }

  private static Pool pool(int connections, int total, int pending, int maxRequests) {
    return new Pool(
        connections,
        total,
        pending,
        Duration.ofSeconds(20),
        Duration.ofSeconds(30),
        Duration.ofSeconds(2),
        null,
        maxRequests);
  }

  private LiveUpstream upstream(Pool pool, Protocol protocol) {
    UpstreamConfig config =
        new UpstreamConfig(
            "u",
            new Source.Endpoints(List.of()),
            protocol,
            null,
            new HostHeader.Preserve(),
            new Balance.RoundRobin(),
            null,
            pool,
            null,
            null,
            null);
    return new LiveUpstream(
        config, loops, connection -> ConnectionGuard.NONE, null, SystemTicker.INSTANCE);
  }

  private static Endpoint endpoint(int port, int connections) {
    return new Endpoint(
        "127.0.0.1:" + port,
        "127.0.0.1",
        SocketAddress.inetSocketAddress(port, "127.0.0.1"),
        1,
        connections,
        null,
        Duration.ZERO,
        new EjectionQuota(0.5),
        SystemTicker.INSTANCE,
        (changed, state) -> {});
  }

  private static long later() {
    return SystemTicker.INSTANCE.nanos() + TimeUnit.SECONDS.toNanos(25);
  }

  /** One request over a lease; counts down when it has ended, however it ended. */
  private final class Call implements LeaseRequest {
    private final CountDownLatch done;
    private final Map<String, AtomicInteger> ends;
    private boolean granted;
    private boolean over;

    Call(CountDownLatch done, Map<String, AtomicInteger> ends) {
      this.done = done;
      this.ends = ends;
    }

    @Override
    public void granted(Lease lease) {
      granted = true;
      if (over) {
        ends.computeIfAbsent("granted after cancel", word -> new AtomicInteger()).incrementAndGet();
      }
      lease
          .connection()
          .request()
          .compose(request -> request.send())
          .compose(response -> response.body().map(response))
          .onComplete((response, cause) -> {
            lease.release(response != null && !"close".equals(response.getHeader("connection")));
            end(cause == null ? "ok" : "failed");
          });
    }

    @Override
    public void refused(Failure failure, String detail) {
      end(failure.reason());
    }

    void cancelled() {
      end("cancelled");
    }

    private void end(String how) {
      if (over) {
        how = "twice";
      }
      over = true;
      ends.computeIfAbsent(how, word -> new AtomicInteger()).incrementAndGet();
      done.countDown();
    }
  }

  private Map<String, AtomicInteger> storm(
      LiveUpstream upstream, List<Endpoint> endpoints, int calls, int cancelEvery)
      throws Exception {
    CountDownLatch done = new CountDownLatch(calls);
    Map<String, AtomicInteger> ends = new ConcurrentHashMap<>();
    for (int i = 0; i < calls; i++) {
      Loop loop = loops.get(i % LOOPS);
      Endpoint endpoint = endpoints.get((i / LOOPS) % endpoints.size());
      boolean cancels = cancelEvery > 0 && i % cancelEvery == 0;
      loop.context()
          .runOnContext(nothing -> {
            Call call = new Call(done, ends);
            Shard shard = upstream.shard(loop.index());
            shard.lease(endpoint, later(), call);
            if (cancels) {
              shard.cancel(call);
              if (!call.granted) {
                call.cancelled();
              }
            }
          });
    }
    assertThat(done.await(WAIT_SECONDS, TimeUnit.SECONDS))
        .as("all requests end: %s left", done.getCount())
        .isTrue();
    return ends;
  }

  private void closesToNothing(LiveUpstream upstream, List<Endpoint> endpoints) throws Exception {
    upstream.close();
    long until = later();
    while ((endpoints.stream().anyMatch(e -> e.places().taken() > 0)
            || upstream.total().taken() > 0) // which is given back after the endpoint's
        && SystemTicker.INSTANCE.nanos() - until < 0) {
      Thread.onSpinWait();
    }
    for (Endpoint endpoint : endpoints) {
      assertThat(endpoint.places().taken()).isZero();
      assertThat(endpoint.connections()).isZero();
      assertThat(endpoint.pending()).isZero();
      assertThat(endpoint.places().wanted()).isFalse();
    }
    assertThat(upstream.total().taken()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10})
  void theBoundOfAnEndpointHoldsOverAllLoopsAndEveryRequestIsServed(int bound) throws Exception {
    LiveUpstream upstream = upstream(pool(bound, 0, 10_000, 0), Protocol.HTTP1);
    List<Endpoint> endpoints = List.of(endpoint(server(7), bound));
    upstream.endpoints(endpoints);
    Map<String, AtomicInteger> ends = storm(upstream, endpoints, 3000, 0);
    assertThat(ends.keySet()).containsExactly("ok");
    assertThat(mostServing.get()).isLessThanOrEqualTo(bound);
    closesToNothing(upstream, endpoints);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void theTotalHoldsOverEndpointsAndIdleConnectionsToOthersAreGivenUp(int total) throws Exception {
    LiveUpstream upstream = upstream(pool(10, total, 10_000, 0), Protocol.HTTP1);
    List<Endpoint> endpoints = List.of(endpoint(server(0), 10), endpoint(server(0), 10));
    upstream.endpoints(endpoints);
    Map<String, AtomicInteger> ends = storm(upstream, endpoints, 1500, 0);
    assertThat(ends.keySet()).containsExactly("ok");
    assertThat(mostServing.get()).isLessThanOrEqualTo(total);
    closesToNothing(upstream, endpoints);
  }

  @Test
  void cancelledRequestsLeaveNothingBehind() throws Exception {
    LiveUpstream upstream = upstream(pool(2, 0, 10_000, 5), Protocol.HTTP1);
    List<Endpoint> endpoints = List.of(endpoint(server(0), 2));
    upstream.endpoints(endpoints);
    Map<String, AtomicInteger> ends = storm(upstream, endpoints, 3000, 3);
    assertThat(ends.keySet()).isSubsetOf("ok", "cancelled").contains("ok", "cancelled");
    closesToNothing(upstream, endpoints);
  }

  @Test
  void oneHttp2ConnectionIsPassedBetweenLoops() throws Exception {
    LiveUpstream upstream = upstream(pool(1, 0, 10_000, 0), Protocol.HTTP2);
    List<Endpoint> endpoints = List.of(endpoint(server(0), 1));
    upstream.endpoints(endpoints);
    Map<String, AtomicInteger> ends = storm(upstream, endpoints, 1500, 0);
    assertThat(ends.keySet()).containsExactly("ok");
    closesToNothing(upstream, endpoints);
  }

  @Test
  void manyHttp2StreamsNeedFewConnections() throws Exception {
    LiveUpstream upstream = upstream(pool(100, 0, 10_000, 0), Protocol.HTTP2);
    List<Endpoint> endpoints = List.of(endpoint(server(0), 100));
    upstream.endpoints(endpoints);
    storm(upstream, endpoints, 240, 0);
    assertThat(endpoints.getFirst().connects()).isLessThanOrEqualTo(6);
    closesToNothing(upstream, endpoints);
  }

  @Test
  void refusedConnectionsAreToldAndLeaveNoPlaceTaken() throws Exception {
    int free;
    try (java.net.ServerSocket probe = new java.net.ServerSocket(0)) {
      free = probe.getLocalPort();
    }
    LiveUpstream upstream = upstream(pool(2, 0, 10_000, 0), Protocol.HTTP1);
    List<Endpoint> endpoints = List.of(endpoint(free, 2));
    upstream.endpoints(endpoints);
    Map<String, AtomicInteger> ends = storm(upstream, endpoints, 60, 0);
    assertThat(ends.keySet()).containsExactly("connect_failed");
    closesToNothing(upstream, endpoints);
  }

  /** An endpoint that answers nobody before all have asked. */
  @Test
  void asManyConnectionsAreUsedAsTheEndpointNeeds() throws Exception {
    int calls = 600;
    AtomicInteger asked = new AtomicInteger();
    ConcurrentLinkedQueue<HttpServerRequest> waiting = new ConcurrentLinkedQueue<>();
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(request -> {
              waiting.add(request);
              if (asked.incrementAndGet() == calls) {
                waiting.forEach(each -> each.response().end("x"));
              }
            });
    server.listen().toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    LiveUpstream upstream = upstream(pool(calls, 0, calls, 0), Protocol.HTTP1);
    List<Endpoint> endpoints = List.of(endpoint(server.actualPort(), calls));
    upstream.endpoints(endpoints);
    assertThat(storm(upstream, endpoints, calls, 0).keySet()).containsExactly("ok");
    assertThat(asked).hasValue(calls);
    closesToNothing(upstream, endpoints);
  }

  @Test
  void nobodyIsRefusedBecauseOthersAreHeldBack() throws Exception {
    int more = 10;
    int idle = Pace.FREE + more;
    LiveUpstream upstream = upstream(pool(idle, 0, idle, 0), Protocol.HTTP1);
    Endpoint endpoint = endpoint(server(0), idle);
    upstream.endpoints(List.of(endpoint));
    Loop loop = loops.getFirst();
    List<CompletableFuture<Lease>> warm = leases(upstream, loop, endpoint, idle);
    CompletableFuture.allOf(warm.toArray(CompletableFuture[]::new))
        .get(WAIT_SECONDS, TimeUnit.SECONDS);
    warm.forEach(each -> loop.context().runOnContext(nothing -> each.join().release(true)));
    // In one turn: as many as go at once, a full line, and one for each connection that is idle.
    List<CompletableFuture<Lease>> burst =
        leases(upstream, loop, endpoint, Pace.FREE + idle + more + 1);
    assertThat(burst.getLast())
        .failsWithin(WAIT_SECONDS, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("QUEUE_FULL");
    for (CompletableFuture<Lease> each : burst.subList(0, burst.size() - 1)) {
      Lease lease = each.get(WAIT_SECONDS, TimeUnit.SECONDS);
      loop.context().runOnContext(nothing -> lease.release(true));
    }
    closesToNothing(upstream, List.of(endpoint));
  }

  @Test
  void whoFindsTheQueueFullIsRefused() throws Exception {
    LiveUpstream upstream = upstream(pool(1, 0, 5, 0), Protocol.HTTP1);
    List<Endpoint> endpoints = List.of(endpoint(server(0), 1));
    upstream.endpoints(endpoints);
    Map<String, AtomicInteger> ends = storm(upstream, endpoints, 300, 0);
    assertThat(ends.keySet()).containsExactlyInAnyOrder("ok", "queue_full");
    closesToNothing(upstream, endpoints);
  }

  @Test
  void aReservationInLineDoesNotHoldUpRequestsThatConnectionsCanServe() throws Exception {
    LiveUpstream upstream = upstream(pool(1, 0, 10, 0), Protocol.HTTP1);
    Endpoint endpoint = endpoint(server(0), 1);
    upstream.endpoints(List.of(endpoint));
    Loop loop = loops.getFirst();
    CompletableFuture<Lease> held = lease(upstream, loop, endpoint, false);
    Lease first = held.get(WAIT_SECONDS, TimeUnit.SECONDS);
    CompletableFuture<Lease> reserved = lease(upstream, loop, endpoint, true);
    CompletableFuture<Lease> second = lease(upstream, loop, endpoint, false);
    loop.context().runOnContext(nothing -> first.release(true));
    // Whichever comes first, both are served.
    CompletableFuture.anyOf(reserved, second).get(WAIT_SECONDS, TimeUnit.SECONDS);
    reserved.thenAccept(lease -> loop.context().runOnContext(nothing -> lease.release(true)));
    second.thenAccept(lease -> loop.context().runOnContext(nothing -> lease.release(true)));
    reserved.get(WAIT_SECONDS, TimeUnit.SECONDS);
    second.get(WAIT_SECONDS, TimeUnit.SECONDS);
    closesToNothing(upstream, List.of(endpoint));
  }

  /** All in one turn of the loop. */
  private static List<CompletableFuture<Lease>> leases(
      LiveUpstream upstream, Loop loop, Endpoint endpoint, int count) {
    List<CompletableFuture<Lease>> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(new CompletableFuture<>());
    }
    loop.context()
        .runOnContext(nothing -> {
          for (CompletableFuture<Lease> each : results) {
            upstream.shard(loop.index()).lease(endpoint, later(), telling(each));
          }
        });
    return results;
  }

  private static LeaseRequest telling(CompletableFuture<Lease> result) {
    return new LeaseRequest() {
      @Override
      public void granted(Lease lease) {
        result.complete(lease);
      }

      @Override
      public void refused(Failure failure, String detail) {
        result.completeExceptionally(new AssertionError(failure + " " + detail));
      }
    };
  }

  private static CompletableFuture<Lease> lease(
      LiveUpstream upstream, Loop loop, Endpoint endpoint, boolean reservation) {
    CompletableFuture<Lease> result = new CompletableFuture<>();
    LeaseRequest request = telling(result);
    loop.context()
        .runOnContext(nothing -> {
          Shard shard = upstream.shard(loop.index());
          if (reservation) {
            shard.leaseOwn(endpoint, later(), request);
          } else {
            shard.lease(endpoint, later(), request);
          }
        });
    return result;
  }
}
