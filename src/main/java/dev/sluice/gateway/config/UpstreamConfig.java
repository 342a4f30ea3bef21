package dev.sluice.gateway.config;

import dev.sluice.gateway.resilience.BreakerPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A named group of endpoints. Two configurations that are {@code equals} share pools, breaker and
 * health over a reload.
 *
 * @param breaker null when switched off ({@code breaker: off})
 * @param health null without active probes
 * @param ejection null when switched off
 * @param sticky null without sticky sessions
 * @param tls null for cleartext
 */
public record UpstreamConfig(
    String name,
    Source source,
    Protocol protocol,
    @Nullable UpstreamTls tls,
    HostHeader host,
    Balance balance,
    @Nullable Sticky sticky,
    Pool pool,
    @Nullable Health health,
    @Nullable BreakerPolicy breaker,
    @Nullable Ejection ejection) {

  /** Where the endpoints come from. */
  public sealed interface Source {
    /**
     * Given addresses; at least one. A host that is a name is resolved like {@link Dns}, with this
     * weight.
     */
    record Endpoints(List<Address> endpoints) implements Source {
      public Endpoints {
        endpoints = List.copyOf(endpoints);
      }
    }

    /** All addresses behind one name. */
    record Dns(String host, int port) implements Source {}

    /**
     * A real server in this process, on loopback: {@code httpbin}, {@code echo} (WebSocket echo,
     * SSE).
     */
    record Embedded(String kind) implements Source {}

    /**
     * The pods behind a service of Kubernetes.
     *
     * @param port the name or number that its EndpointSlices give the port
     * @param namespace null for the gateway's own
     */
    record Kubernetes(String service, String port, @Nullable String namespace) implements Source {}
  }

  /** One configured address. {@code unix:path} has port 0. Weight 1 to 1,000. */
  public record Address(String host, int port, int weight) {}

  /**
   * What is spoken to the endpoints. With TLS, HTTP2 is negotiated by ALPN; without, it is h2c by
   * prior knowledge.
   */
  public enum Protocol {
    HTTP1,
    HTTP2
  }

  /** TLS towards the endpoints. */
  public record UpstreamTls(
      @Nullable Path ca,
      @Nullable String serverName,
      boolean verify,
      @Nullable Path cert,
      @Nullable Path key) {}

  /** Which Host the endpoint sees. */
  public sealed interface HostHeader {
    /** The client's. */
    record Preserve() implements HostHeader {}

    /** The endpoint's own address as written in the configuration. */
    record Endpoint() implements HostHeader {}

    /** A fixed name. */
    record Fixed(String name) implements HostHeader {}
  }

  /** How an endpoint is picked. */
  public sealed interface Balance {
    /** The less loaded of two random ones. */
    record PowerOfTwo() implements Balance {}

    /** In turn, smoothly by weight. */
    record RoundRobin() implements Balance {}

    /** The least loaded. */
    record LeastRequests() implements Balance {}

    /** By chance, by weight. */
    record Random() implements Balance {}

    /** Consistent by a key of the request. */
    record RingHash(HashKey key) implements Balance {}
  }

  /** What a ring hash hashes. {@code name} is null for CLIENT_IP and PATH. */
  public record HashKey(Kind kind, @Nullable String name) {
    /** The part of the request. */
    public enum Kind {
      HEADER,
      COOKIE,
      CLIENT_IP,
      PATH
    }
  }

  /** A cookie that binds a client to its endpoint. */
  public record Sticky(String cookie, Duration ttl) {}

  /**
   * Bounds of the connections.
   *
   * @param connections per endpoint and node, exact over all loops; default 256
   * @param total for all endpoints of the upstream together; 0 for no bound beside the other
   * @param pending requests that may wait for a connection, per endpoint; default 256
   * @param maxWait longest wait for a connection; default 1 s, never beyond the deadline
   * @param idle default 30 s
   * @param connect default 2 s
   * @param maxAge null for no bound
   * @param maxRequests 0 for no bound
   */
  public record Pool(
      int connections,
      int total,
      int pending,
      Duration maxWait,
      Duration idle,
      Duration connect,
      @Nullable Duration maxAge,
      int maxRequests) {}

  /**
   * Active probes.
   *
   * @param healthy good probes in a row that bring an endpoint back
   * @param unhealthy bad probes in a row that take it out
   * @param slowStart time over which an endpoint that came back grows to its full share; zero
   *     switches it off
   */
  public record Health(
      String path,
      Duration interval,
      Duration timeout,
      int healthy,
      int unhealthy,
      Duration slowStart) {}

  /**
   * Passive ejection.
   *
   * @param consecutive failures in a row (5xx or transport) that eject; default 5
   * @param base first ejection's length, multiplied by the number of ejections so far; default 30 s
   * @param max default 300 s
   * @param atMost share of the endpoints that may be ejected at once, 0 to 1; default 0.5
   */
  public record Ejection(int consecutive, Duration base, Duration max, double atMost) {}
}
