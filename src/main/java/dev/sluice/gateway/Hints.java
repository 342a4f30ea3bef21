package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.upstream.BreakerListener;
import dev.sluice.gateway.upstream.EjectionListener;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Upstream;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What nodes tell each other of endpoints that they ejected and breakers that opened. A hint and no
 * order: who hears it needs fewer failures to do the same, and does nothing without one of its own,
 * so that a node whose own network is broken takes nobody with it. Any thread; nothing waits.
 */
final class Hints implements BreakerListener, EjectionListener {
  private static final Logger LOG = LoggerFactory.getLogger(Hints.class);
  private static final String UPSTREAM = "upstream";
  private static final String ENDPOINT = "endpoint";

  private final BreakerListener others;
  private final Supplier<@Nullable Snapshot> snapshot;
  private final LongAdder heard = new LongAdder();
  private volatile Cluster.@Nullable Channel channel;

  /**
   * Nobody is told yet.
   *
   * @param others who else is told of breakers
   */
  Hints(BreakerListener others, Supplier<@Nullable Snapshot> snapshot) {
    this.others = others;
    this.snapshot = snapshot;
  }

  /** From now on these nodes are told and heard. */
  void meet(Cluster cluster) {
    channel = cluster.channel("hints", this::hear);
  }

  /** Those that were heard so far. */
  long heard() {
    return heard.sum();
  }

  @Override
  public void changed(String upstream, Breaker breaker, Breaker.Change change) {
    others.changed(upstream, breaker, change);
    // Only the first opening: one that opens again after its probes tells nothing new.
    if (change.to() == Breaker.State.OPEN && change.from() == Breaker.State.CLOSED) {
      tell(new JsonObject().put(UPSTREAM, upstream));
    }
  }

  @Override
  public void ejected(String upstream, String endpoint) {
    tell(new JsonObject().put(UPSTREAM, upstream).put(ENDPOINT, endpoint));
  }

  private void tell(JsonObject hint) {
    Cluster.Channel all = channel;
    if (all != null) {
      all.send(hint.toBuffer().getBytes());
    }
  }

  private void hear(String node, byte[] words) {
    JsonObject hint;
    try {
      hint = new JsonObject(Buffer.buffer(words));
    } catch (DecodeException ofAnotherVersion) {
      return;
    }
    Snapshot current = snapshot.get();
    Upstream upstream =
        current == null ? null : current.upstreams().get(hint.getString(UPSTREAM, ""));
    if (upstream == null) {
      return;
    }
    heard.increment();
    String endpoint = hint.getString(ENDPOINT);
    LOG.info(
        "event=hint node={} upstream={} {}",
        node,
        upstream.name(),
        endpoint == null ? "breaker=open" : "ejected=" + endpoint);
    if (endpoint != null) {
      upstream.endpoints().stream()
          .filter(each -> each.label().equals(endpoint))
          .forEach(Endpoint::suspect);
      return;
    }
    Breaker breaker = upstream.breaker();
    if (breaker != null) {
      breaker.suspect();
    }
  }
}
