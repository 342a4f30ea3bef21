package dev.sluice.gateway.upstream;

import java.util.concurrent.atomic.AtomicInteger;

/** How many of an upstream's endpoints may be ejected at once; shared by them. Any thread. */
final class EjectionQuota {
  private final double atMost;
  private final AtomicInteger out = new AtomicInteger();
  private volatile int endpoints;

  /**
   * @param atMost share of the endpoints, 0 to 1
   */
  EjectionQuota(double atMost) {
    this.atMost = atMost;
  }

  /** There are this many endpoints now. */
  void endpoints(int count) {
    endpoints = count;
  }

  /** One more may go: within the share, and never the last. */
  boolean tryTake() {
    int most = Math.min((int) Math.floor(endpoints * atMost), endpoints - 1);
    int now = out.get();
    while (now < most) {
      if (out.compareAndSet(now, now + 1)) {
        return true;
      }
      now = out.get();
    }
    return false;
  }

  void giveBack() {
    out.decrementAndGet();
  }
}
