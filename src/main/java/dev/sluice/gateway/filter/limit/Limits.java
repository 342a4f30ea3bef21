package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.resilience.Ticker;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The limits of this node by name. One that a new configuration has unchanged goes on with what it
 * remembers; one that no configuration in use has is gone with the last snapshot that had it. Any
 * thread.
 */
public final class Limits {
  private final Ticker ticker;
  private final Peers peers;
  private final Shared shared = new Shared();
  private final Map<String, WeakReference<RateLimiter>> rates = new ConcurrentHashMap<>();

  /**
   * None yet.
   *
   * @param peers the other nodes
   */
  public Limits(Ticker ticker, Peers peers) {
    this.ticker = ticker;
    this.peers = peers;
  }

  /** Tells the others what was taken here; called every some milliseconds. */
  public void tell() {
    byte[] message = shared.message();
    if (message != null) {
      peers.send(message);
    }
  }

  /** Another node tells what was taken there. */
  public void hear(byte[] message) {
    Shared.hear(
        message,
        name -> {
          WeakReference<RateLimiter> known = rates.get(name);
          return known == null ? null : known.get();
        });
  }

  /** The limit of this name; another one when its settings are others now. */
  public RateLimiter rate(String name, FilterConfig.RateLimit config) {
    RateLimiter[] found = new RateLimiter[1]; // strongly held while the map holds it weakly
    rates.compute(
        name,
        (same, known) -> {
          RateLimiter before = known == null ? null : known.get();
          boolean goesOn = before != null && before.config().equals(config);
          found[0] = goesOn ? before : new RateLimiter(name, config, ticker, peers, shared);
          return goesOn ? known : new WeakReference<>(found[0]);
        });
    return Objects.requireNonNull(found[0]);
  }

  /** What each did so far. */
  public List<RateLimiter.Stats> stats() {
    rates.values().removeIf(known -> known.get() == null);
    return rates.values().stream()
        .map(WeakReference::get)
        .filter(Objects::nonNull)
        .map(RateLimiter::stats)
        .sorted(java.util.Comparator.comparing(RateLimiter.Stats::name))
        .toList();
  }
}
