package dev.sluice.gateway.upstream;

/** The pools of the other loops and endpoints within the same bounds. */
interface Siblings {
  /**
   * Asks one of them to close an idle connection.
   *
   * @param anywhere also one to another endpoint
   */
  void askForIdle(EndpointPool asker, boolean anywhere);

  /** Bound over all endpoints of the upstream. */
  Places total();
}
