package dev.sluice.gateway.upstream;

/** Told when an endpoint is ejected, on the thread that caused it; must not block. */
@FunctionalInterface
public interface EjectionListener {
  /** Tells nobody. */
  EjectionListener NONE = (upstream, endpoint) -> {};

  /**
   * An endpoint failed too often in a row.
   *
   * @param endpoint {@code host:port}
   */
  void ejected(String upstream, String endpoint);
}
