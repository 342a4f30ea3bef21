package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig;
import dev.sluice.gateway.config.UpstreamConfig.Health;
import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Active health checks: asks each endpoint now and then and counts its verdicts. Endpoints count as
 * healthy until the first verdict. Keeps its state under a lock of its own; nothing here is on a
 * request's path.
 */
public final class Prober implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Prober.class);

  private final Vertx vertx;
  private final String userAgent;
  private final Map<LiveUpstream, Map<String, Probe>> probes = new HashMap<>();
  private boolean closed;

  /**
   * @param userAgent {@code Sluice/<version>}
   */
  public Prober(Vertx vertx, String userAgent) {
    this.vertx = vertx;
    this.userAgent = userAgent;
  }

  /** From now on these endpoints are asked. */
  synchronized void watch(LiveUpstream upstream, Health health, List<Endpoint> endpoints) {
    Map<String, Probe> mine = probes.get(upstream);
    if (mine == null) {
      mine = new HashMap<>();
      probes.put(upstream, mine);
      upstream.attach(() -> forget(upstream));
    }
    for (Endpoint endpoint : endpoints) {
      if (!mine.containsKey(endpoint.label())) {
        Probe probe = new Probe(upstream.config(), health, endpoint);
        mine.put(endpoint.label(), probe);
        probe.next(0);
      }
    }
  }

  /** This endpoint is no more. */
  synchronized void forget(LiveUpstream upstream, String label) {
    Map<String, Probe> mine = probes.get(upstream);
    Probe gone = mine == null ? null : mine.remove(label);
    if (gone != null) {
      gone.stop();
    }
  }

  private synchronized void forget(LiveUpstream upstream) {
    Map<String, Probe> mine = probes.remove(upstream);
    if (mine != null) {
      mine.values().forEach(Probe::stop);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    probes.values().forEach(mine -> mine.values().forEach(Probe::stop));
    probes.clear();
  }

  /** The questions to one endpoint. */
  private final class Probe {
    private final Health health;
    private final Endpoint endpoint;
    private final HttpClient client;
    private final RequestOptions question;
    private final Verdicts verdicts;
    private volatile boolean stopped;

    Probe(UpstreamConfig config, Health health, Endpoint endpoint) {
      this.health = health;
      this.endpoint = endpoint;
      this.verdicts = new Verdicts(health.healthy(), health.unhealthy());
      this.client = vertx.createHttpClient(ClientOptions.http(config));
      this.question =
          ClientOptions.aim(new RequestOptions(), config, endpoint)
              .setMethod(HttpMethod.GET)
              .setURI(health.path())
              .setTimeout(health.timeout().toMillis())
              .putHeader("user-agent", userAgent);
    }

    void next(long millis) {
      if (!stopped) {
        // With a little chance, so that the nodes and endpoints are not asked all at once.
        long jitter =
            ThreadLocalRandom.current().nextLong(Math.max(1, health.interval().toMillis() / 10));
        vertx.setTimer(millis + jitter + 1, fired -> ask());
      }
    }

    private void ask() {
      if (stopped || closed) {
        return;
      }
      client
          .request(question)
          .compose(request ->
              request
                  .send()
                  .compose(Probe::ended)
                  .timeout(health.timeout().toMillis(), TimeUnit.MILLISECONDS)
                  .onFailure(late -> Watched.quietly(request.reset())))
          .onComplete((status, cause) -> {
            Boolean verdict = verdicts.count(status != null && status >= 200 && status < 400);
            if (verdict != null && !stopped) {
              endpoint.healthy(verdict);
            }
            next(health.interval().toMillis());
          });
    }

    /** Its status, when it has ended; the body is not read. */
    private static Future<Integer> ended(HttpClientResponse response) {
      // Vert.x tells of a cut answer here as well, and as an error in the log when nobody listens.
      response.exceptionHandler(cut -> LOG.debug("probe cut reason={}", cut.toString()));
      return response.end().map(response.statusCode());
    }

    void stop() {
      stopped = true;
      client.close().onFailure(cause -> stopped = true);
    }
  }
}
