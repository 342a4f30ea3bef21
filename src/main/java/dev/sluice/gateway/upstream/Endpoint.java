package dev.sluice.gateway.upstream;

import dev.sluice.gateway.resilience.Outcome;
import io.vertx.core.net.SocketAddress;

/**
 * One address of an upstream, with the state that all loops share: load, health, ejection. SKELETON: signatures are the
 * contract; the upstream author fills this in. Keeps its identity over reloads and re-resolutions.
 */
public final class Endpoint {
  private final String label;
  private final SocketAddress address;

  public Endpoint(String label, SocketAddress address) {
    this.label = label;
    this.address = address;
  }

  /** {@code host:port} for logs, metrics and the admin API. */
  public String label() {
    return label;
  }

  /** Where it listens. */
  public SocketAddress address() {
    return address;
  }

  /** An attempt begins: counts towards its load. Any thread, lock-free. */
  public void begin() {}

  /**
   * The attempt that began ended. {@code FAILURE} (a transport failure or a 5xx) counts towards ejection.
   *
   * @param nanos how long the attempt took to its head
   */
  public void end(Outcome outcome, long nanos) {}
}
