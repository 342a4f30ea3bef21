package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Address;
import dev.sluice.gateway.config.UpstreamConfig.Ejection;
import dev.sluice.gateway.config.UpstreamConfig.Health;
import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings upstreams into service. Any thread. */
public final class UpstreamFactory {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamFactory.class);
  private static final Duration SLOW_START = Duration.ofSeconds(10);

  private final List<Loop> loops;
  private final ConnectionGuard guard;
  private final EmbeddedServers embedded;
  private final Names names;
  private final ServiceDirectory services;
  private final Prober prober;
  private final Ticker ticker;
  private final BreakerListener breakers;
  private final EjectionListener ejections;

  public UpstreamFactory(
      List<Loop> loops,
      ConnectionGuard guard,
      EmbeddedServers embedded,
      Names names,
      ServiceDirectory services,
      Prober prober,
      Ticker ticker,
      BreakerListener breakers,
      EjectionListener ejections) {
    this.loops = List.copyOf(loops);
    this.guard = guard;
    this.embedded = embedded;
    this.names = names;
    this.services = services;
    this.prober = prober;
    this.ticker = ticker;
    this.breakers = breakers;
    this.ejections = ejections;
  }

  /** Opens an upstream: endpoints may come in later, when their names are resolved. */
  public LiveUpstream open(UpstreamConfig config) {
    Breaker breaker =
        config.breaker() == null
            ? null
            : new Breaker(
                config.breaker(),
                ticker,
                (changed, change) -> {
                  LOG.warn(
                      "breaker upstream={} from={} to={}",
                      config.name(),
                      change.from(),
                      change.to());
                  breakers.changed(config.name(), changed, change);
                });
    LiveUpstream upstream = new LiveUpstream(config, loops, guard, breaker, ticker);
    Membership membership = new Membership(config, upstream);
    switch (config.source()) {
      case Source.Endpoints given -> membership.given(given.endpoints());
      case Source.Dns dns -> membership.given(List.of(new Address(dns.host(), dns.port(), 1)));
      case Source.Embedded server ->
          embedded
              .address(server.kind())
              .onSuccess(address ->
                  membership.given(List.of(new Address(address.host(), address.port(), 1))))
              .onFailure(cause -> {
                LOG.error(
                    "event=embedded_server_failed kind={} upstream={} cause=\"{}\"",
                    server.kind(),
                    config.name(),
                    cause.getMessage());
                LOG.debug("starting an embedded server", cause);
              });
      case Source.Kubernetes service ->
          upstream.follow(services.watch(config.name(), service, membership::listed));
    }
    return upstream;
  }

  /** The endpoints of one upstream: fixed ones, those behind names, and those in lists. */
  private final class Membership {
    private final UpstreamConfig config;
    private final LiveUpstream upstream;
    private final EjectionQuota quota;
    private final Map<String, Endpoint> known = new LinkedHashMap<>();
    private final Map<Address, List<SocketAddress>> resolved = new LinkedHashMap<>();

    Membership(UpstreamConfig config, LiveUpstream upstream) {
      this.config = config;
      this.upstream = upstream;
      Ejection ejection = config.ejection();
      this.quota = new EjectionQuota(ejection == null ? 0 : ejection.atMost());
    }

    synchronized void given(List<Address> addresses) {
      for (Address address : addresses) {
        if (address.host().startsWith("unix:")) {
          resolved.put(
              address, List.of(SocketAddress.domainSocketAddress(address.host().substring(5))));
        } else if (Names.literal(address.host())) {
          resolved.put(
              address, List.of(SocketAddress.inetSocketAddress(address.port(), address.host())));
        } else {
          upstream.attach(
              names.watch(
                  address.host(),
                  ips ->
                      found(
                          address,
                          ips.stream()
                              .map(ip -> SocketAddress.inetSocketAddress(address.port(), ip))
                              .toList())));
        }
      }
      publish();
    }

    private void listed(ServiceDirectory.Listing listing) {
      found(new Address(listing.host(), 0, 1), listing.sockets());
    }

    private synchronized void found(Address address, List<SocketAddress> sockets) {
      resolved.put(address, sockets);
      publish();
    }

    private void publish() {
      if (resolved.isEmpty()) {
        return;
      }
      Map<String, Endpoint> next = new LinkedHashMap<>();
      resolved.forEach((address, sockets) -> {
        for (SocketAddress socket : sockets) {
          String label = label(socket);
          Endpoint before = known.get(label);
          next.put(label, before != null ? before : endpoint(label, address, socket));
        }
      });
      quota.endpoints(next.size());
      known.forEach((label, endpoint) -> {
        if (!next.containsKey(label)) {
          prober.forget(upstream, label);
          endpoint.retire();
        }
      });
      known.clear();
      known.putAll(next);
      upstream.endpoints(new ArrayList<>(next.values()));
      Health health = config.health();
      if (health != null) {
        prober.watch(upstream, health, new ArrayList<>(next.values()));
      }
    }

    private Endpoint endpoint(String label, Address address, SocketAddress socket) {
      Health health = config.health();
      return new Endpoint(
          label,
          address.host(),
          socket,
          address.weight(),
          config.pool().connections(),
          config.ejection(),
          health == null ? SLOW_START : health.slowStart(),
          quota,
          ticker,
          (changed, state) -> {
            LOG.warn(
                "endpoint upstream={} endpoint={} state={}", config.name(), changed.label(), state);
            if (state.equals(Endpoint.EJECTED)) {
              ejections.ejected(config.name(), changed.label());
            }
          });
    }

    private static String label(SocketAddress socket) {
      if (!socket.isInetSocket()) {
        return "unix:" + socket.path();
      }
      String host = socket.hostAddress() == null ? socket.host() : socket.hostAddress();
      return host.indexOf(':') >= 0
          ? "[" + host + "]:" + socket.port()
          : host + ":" + socket.port();
    }
  }
}
