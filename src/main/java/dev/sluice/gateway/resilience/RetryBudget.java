package dev.sluice.gateway.resilience;

/** SKELETON: signatures are the contract; the resilience author fills this in. */
public final class RetryBudget {
  /**
   * @param share retries allowed per request, 0 to 1
   * @param minPerSecond retries allowed even without traffic
   */
  public RetryBudget(double share, int minPerSecond, Ticker ticker) {}

  /** Counts one request (not an attempt). */
  public void deposit() {}

  /** Takes one retry out; false when there is none left. */
  public boolean tryWithdraw() {
    return true;
  }

  /** Retries that could be taken now; for metrics. */
  public long balance() {
    return 0;
  }
}
