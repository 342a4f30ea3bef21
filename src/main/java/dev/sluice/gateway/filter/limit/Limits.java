package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.resilience.Ticker;
import java.util.Comparator;
import java.util.List;

/**
 * The limits of this node by name. One that a new configuration has unchanged goes on with what it
 * remembers; one that no configuration in use has is gone with the last snapshot that had it. Any
 * thread.
 */
public final class Limits {
  private final Ticker ticker;
  private final Peers peers;
  private final Shared shared = new Shared();
  private final Held<RateLimiter> rates = new Held<>();

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
    Shared.hear(message, rates::find);
  }

  /** The limit of this name; another one when its settings are others now. */
  public RateLimiter rate(String name, FilterConfig.RateLimit config) {
    return rates.get(
        name,
        before -> before.config().equals(config),
        () -> new RateLimiter(name, config, ticker, peers, shared));
  }

  /** What each did so far. */
  public List<RateLimiter.Stats> stats() {
    return rates.list().stream()
        .map(RateLimiter::stats)
        .sorted(Comparator.comparing(RateLimiter.Stats::name))
        .toList();
  }
}
