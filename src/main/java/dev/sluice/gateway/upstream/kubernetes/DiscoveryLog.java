package dev.sluice.gateway.upstream.kubernetes;

import dev.sluice.gateway.config.UpstreamConfig.Source;
import dev.sluice.gateway.resilience.Ticker;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How it stands with the list of one service, for the log and the admin API: one line for each
 * change. Written by the thread of its watch, the state read by any.
 */
final class DiscoveryLog {
  private static final Logger LOG = LoggerFactory.getLogger(DiscoveryLog.class);
  private static final String WATCHING = "watching";
  private static final long PACE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int LONGEST = 240;

  private final String upstream;
  private final String service;
  private final Ticker ticker;
  private Set<String> otherPorts = Set.of();
  private boolean spoke;
  private long spokeAt;
  private volatile String state = "waiting for the first list";

  DiscoveryLog(String upstream, Source.Kubernetes service, Ticker ticker) {
    this.upstream = upstream;
    this.service =
        (service.namespace() == null ? "" : service.namespace() + "/")
            + service.service()
            + ":"
            + service.port();
    this.ticker = ticker;
  }

  String state() {
    return state;
  }

  /** The API tells of changes. */
  void watching(int endpoints) {
    if (!state.equals(WATCHING)) {
      state = WATCHING;
      LOG.info(
          "event=discovery_watching upstream={} service={} endpoints={}",
          upstream,
          service,
          endpoints);
    }
  }

  /** The API does not answer, or not well. The same trouble is told once. */
  void away(Throwable failure, int kept) {
    String reason = reason(failure);
    String now = "away: " + reason;
    if (!state.equals(now)) {
      state = now;
      LOG.warn(
          "event=discovery_away upstream={} service={} keeps={} reason=\"{}\"",
          upstream,
          service,
          kept,
          reason);
    } else {
      LOG.debug("still away upstream={}", upstream, failure);
    }
  }

  /** There are other endpoints. In a storm of changes one a second is told. */
  void endpoints(int count, int draining) {
    long now = ticker.nanos();
    if (spoke && now - spokeAt < PACE_NANOS) {
      return;
    }
    spoke = true;
    spokeAt = now;
    LOG.info(
        "event=discovery_endpoints upstream={} service={} endpoints={} draining={}",
        upstream,
        service,
        count,
        draining);
  }

  /** The service has these ports and not the wanted one; none when it has. */
  void ports(Collection<String> others) {
    Set<String> now = Set.copyOf(others);
    if (!now.equals(otherPorts) && !now.isEmpty()) {
      LOG.warn(
          "event=discovery_no_port upstream={} service={} ports={}", upstream, service, others);
    }
    otherPorts = now;
  }

  private static String reason(Throwable failure) {
    if (failure instanceof KubernetesClientException refused && refused.getCode() > 0) {
      String said = refused.getStatus() == null ? null : refused.getStatus().getMessage();
      return line(refused.getCode() + (said == null ? "" : " " + said));
    }
    Throwable cause = failure;
    while (cause.getCause() != null && !telling(cause)) {
      cause = cause.getCause();
    }
    return line(
        cause.getClass().getSimpleName()
            + (cause.getMessage() == null ? "" : " " + cause.getMessage()));
  }

  /** The client wraps what happened; below that a refused connection has parts that say less. */
  private static boolean telling(Throwable cause) {
    return cause instanceof IOException && !cause.getClass().equals(IOException.class);
  }

  private static String line(String text) {
    String flat = text.replaceAll("[\\p{Cntrl}\"]+", " ");
    return flat.length() > LONGEST ? flat.substring(0, LONGEST) + "…" : flat;
  }
}
