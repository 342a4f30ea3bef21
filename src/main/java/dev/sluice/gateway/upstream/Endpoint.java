package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Ejection;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.resilience.Ticker;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One address of an upstream, with the state that all loops share: load, places for connections,
 * health, ejection. Keeps its identity over re-resolutions. Any thread; lock-free but for changes
 * of health.
 */
public final class Endpoint {
  static final String EJECTED = "ejected";

  private final String label;
  private final String host;
  private final String authority;
  private final SocketAddress address;
  private final int weight;
  private final Places places;
  private final Ticker ticker;
  private final @Nullable Ejector ejector;
  private final long slowStartNanos;

  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder connects = new LongAdder();
  private final LongAdder[] ended = {new LongAdder(), new LongAdder(), new LongAdder()};
  private volatile boolean healthy = true;
  private volatile long risingSince;
  private volatile boolean rising;

  /** Told when an endpoint may or may not be used any more. */
  @FunctionalInterface
  interface Listener {
    void changed(Endpoint endpoint, String state);
  }

  private final Listener listener;

  Endpoint(
      String label,
      String host,
      SocketAddress address,
      int weight,
      int connections,
      @Nullable Ejection ejection,
      Duration slowStart,
      EjectionQuota quota,
      Ticker ticker,
      Listener listener) {
    this.label = label;
    this.host = host;
    this.authority =
        !address.isInetSocket()
            ? "localhost"
            : (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.port();
    this.address = address;
    this.weight = weight;
    this.places = new Places(connections);
    this.ticker = ticker;
    this.slowStartNanos = slowStart.toNanos();
    this.listener = listener;
    this.ejector = ejection == null ? null : new Ejector(ejection, quota, ticker);
  }

  /** {@code host:port} for logs, metrics and the admin API. */
  public String label() {
    return label;
  }

  /** Host and port as the configuration gives them. */
  public String authority() {
    return authority;
  }

  /** The name or address that the configuration gives it; what TLS verifies. */
  String host() {
    return host;
  }

  /** Where it listens. */
  public SocketAddress address() {
    return address;
  }

  /** Its configured share. */
  public int weight() {
    return weight;
  }

  /** An attempt begins: counts towards its load. */
  public void begin() {
    active.incrementAndGet();
  }

  /**
   * The attempt that began ended. {@code FAILURE} (a transport failure or a 5xx) counts towards
   * ejection.
   *
   * @param nanos how long the attempt took
   */
  public void end(Outcome outcome, long nanos) {
    active.decrementAndGet();
    ended[outcome.ordinal()].increment();
    Ejector judge = ejector;
    if (judge != null && outcome != Outcome.IGNORED && judge.judge(outcome == Outcome.FAILURE)) {
      listener.changed(this, EJECTED);
    }
  }

  /** Finished attempts by outcome. */
  public Map<String, Long> attempts() {
    return Map.of(
        "success", ended[Outcome.SUCCESS.ordinal()].sum(),
        "failure", ended[Outcome.FAILURE.ordinal()].sum(),
        "ignored", ended[Outcome.IGNORED.ordinal()].sum());
  }

  /** Attempts under way. */
  public int active() {
    return active.get();
  }

  /** Requests that wait for a connection. */
  public int pending() {
    return pending.get();
  }

  /** Open connections. */
  public int connections() {
    return connections.get();
  }

  /** Connections opened so far. */
  public long connects() {
    return connects.sum();
  }

  /** Whether active probes think well of it; true without probes and before the first verdict. */
  public boolean healthy() {
    return healthy;
  }

  /** Whether it is ejected for its failures now. */
  public boolean ejected() {
    return ejector != null && ejector.out(ticker.nanos());
  }

  /** Ejections so far. */
  public long ejections() {
    return ejector == null ? 0 : ejector.count();
  }

  /** Whether requests may go to it. */
  boolean usable(long now) {
    if (!healthy) {
      return false;
    }
    Ejector judge = ejector;
    if (judge == null) {
      return true;
    }
    if (judge.out(now)) {
      return false;
    }
    if (judge.returned()) {
      rise();
      listener.changed(this, "returned");
    }
    return true;
  }

  /** What it may carry now in relation to others, from 0 to 1: grows when it has just come back. */
  double share(long now) {
    if (!rising) {
      return 1;
    }
    long since = now - risingSince;
    if (since >= slowStartNanos) {
      rising = false;
      return 1;
    }
    return Math.max(0.1, (double) since / slowStartNanos);
  }

  /** Another node has ejected it: one failure of its own is enough here. */
  public void suspect() {
    if (ejector != null) {
      ejector.suspect();
    }
  }

  /** It is no longer one of its upstream's. */
  void retire() {
    if (ejector != null) {
      ejector.retire();
    }
  }

  /** Active probes changed their mind. */
  void healthy(boolean verdict) {
    if (healthy != verdict) {
      healthy = verdict;
      if (verdict) {
        rise();
      }
      listener.changed(this, verdict ? "healthy" : "unhealthy");
    }
  }

  private void rise() {
    if (slowStartNanos > 0) {
      risingSince = ticker.nanos();
      rising = true;
    }
  }

  Places places() {
    return places;
  }

  boolean tryPend(int most) {
    if (pending.incrementAndGet() > most) {
      pending.decrementAndGet();
      return false;
    }
    return true;
  }

  void pended() {
    pending.decrementAndGet();
  }

  void opened() {
    connections.incrementAndGet();
    connects.increment();
  }

  void closed() {
    connections.decrementAndGet();
  }
}
