package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Protocol;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpConnectOptions;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one loop owns of an upstream: its picker, its client, its pools. Confined to the loop but
 * for what says so.
 */
final class LoopShard implements Shard {
  private static final long LINGER_NANOS = 60_000_000_000L;
  private static final Picker NOBODY = context -> null;

  private final LiveUpstream upstream;
  private final UpstreamConfig config;
  private final Loop loop;
  private final ConnectionGuard guard;
  private final HttpClientAgent client;
  private final LoadBalancer balancer;
  private final Map<Endpoint, EndpointPool> pools = new HashMap<>();
  private final Map<LeaseRequest, OwnConnection> dedicated = new IdentityHashMap<>();
  private Map<String, Endpoint> sticky = Map.of();
  private Picker picker = NOBODY;
  private @Nullable HttpClientAgent http1;
  private @Nullable Timer closing;

  LoopShard(LiveUpstream upstream, Loop loop, ConnectionGuard guard) {
    this.upstream = upstream;
    this.config = upstream.config();
    this.loop = loop;
    this.guard = guard;
    this.balancer = LoadBalancer.of(config.balance());
    this.client = client(config.protocol());
  }

  /** There are other endpoints now. On the loop. */
  void endpoints(EndpointSet set) {
    picker = balancer.picker(set, loop.random(), loop.ticker());
    Map<String, Endpoint> bySticky = new HashMap<>();
    for (int i = 0; i < set.size(); i++) {
      Endpoint endpoint = set.get(i);
      bySticky.put(stickyValue(endpoint), endpoint);
      pool(endpoint);
    }
    sticky = bySticky;
    for (Iterator<Map.Entry<Endpoint, EndpointPool>> all = pools.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<Endpoint, EndpointPool> entry = all.next();
      if (!bySticky.containsValue(entry.getKey())) {
        entry.getValue().close();
        if (!entry.getValue().busy()) { // else its clients, and those in line, still need it
          upstream.unregister(entry.getValue());
          all.remove();
        }
      }
    }
  }

  @Override
  public @Nullable Endpoint pick(PickContext context) {
    String wanted = config.sticky() == null ? null : context.sticky();
    if (wanted != null) {
      Endpoint bound = sticky.get(wanted);
      if (bound != null && !context.tried(bound) && bound.usable(loop.ticker().nanos())) {
        return bound;
      }
    }
    return picker.pick(context);
  }

  @Override
  public Failure unavailable() {
    return upstream.unavailable();
  }

  @Override
  public void lease(Endpoint endpoint, long waitUntilNanos, LeaseRequest request) {
    pool(endpoint).lease(waitUntilNanos, request);
  }

  @Override
  public void cancel(LeaseRequest request) {
    OwnConnection own = dedicated.remove(request);
    if (own != null) {
      own.cancel();
      return;
    }
    for (EndpointPool pool : pools.values()) {
      if (pool.cancel(request)) {
        return;
      }
    }
  }

  @Override
  public void leaseOwn(Endpoint endpoint, long waitUntilNanos, LeaseRequest request) {
    OwnConnection own =
        new OwnConnection(
            pool(endpoint),
            way(endpoint, http1(), false),
            request,
            () -> dedicated.remove(request));
    dedicated.put(request, own);
    own.begin(waitUntilNanos);
  }

  private EndpointPool pool(Endpoint endpoint) {
    EndpointPool known = pools.get(endpoint);
    if (known == null) {
      known =
          new EndpointPool(
              endpoint,
              config.pool(),
              way(endpoint, client, config.protocol() == Protocol.HTTP2),
              upstream);
      pools.put(endpoint, known);
      upstream.register(known);
    }
    return known;
  }

  @Override
  public String stickyValue(Endpoint endpoint) {
    return Long.toHexString(RingHashPicker.hash(config.name() + '/' + endpoint.label()));
  }

  private Opening.Way way(Endpoint endpoint, HttpClientAgent with, boolean http2) {
    return new Opening.Way(
        "upstream " + config.name(),
        loop,
        with,
        ClientOptions.aim(new HttpConnectOptions(), config, endpoint),
        guard,
        http2,
        config.pool().connect().toNanos());
  }

  private HttpClientAgent client(Protocol protocol) {
    return loop.vertx().httpClientBuilder().with(ClientOptions.http(config, protocol)).build();
  }

  /** What opens connections that can become WebSockets: HTTP/2 has none here. */
  private HttpClientAgent http1() {
    if (config.protocol() != Protocol.HTTP2) {
      return client;
    }
    HttpClientAgent known = http1;
    if (known == null) {
      known = client(Protocol.HTTP1);
      http1 = known;
    }
    return known;
  }

  /**
   * Closes what is idle; what is in use closes when it is done. Exchanges of the configuration that
   * goes may still come for a while, so the clients themselves close later. On the loop.
   */
  void close() {
    pools.values().forEach(EndpointPool::close);
    Timer later = loop.timers().timer(this::closeClients);
    closing = later;
    later.at(loop.ticker().nanos() + LINGER_NANOS);
  }

  private void closeClients() {
    Timer later = closing;
    if (later != null && pools.values().stream().anyMatch(EndpointPool::busy)) {
      later.at(loop.ticker().nanos() + LINGER_NANOS);
      return;
    }
    pools.values().forEach(upstream::unregister);
    Watched.quietly(client.close());
    HttpClientAgent other = http1;
    if (other != null) {
      Watched.quietly(other.close());
    }
  }
}
