package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Ejection;
import dev.sluice.gateway.resilience.Ticker;

/**
 * Takes an endpoint out that fails several times in a row, each time for longer (passive health, as
 * in Envoy's outlier detection). Any thread; the path of successes is one volatile read.
 */
final class Ejector {
  private final Ejection policy;
  private final EjectionQuota quota;
  private final Ticker ticker;
  private volatile int failures;
  private volatile long until;
  private volatile boolean out;
  private volatile long count;
  private boolean retired;
  private int streak;
  private long lastReturn;

  Ejector(Ejection policy, EjectionQuota quota, Ticker ticker) {
    this.policy = policy;
    this.quota = quota;
    this.ticker = ticker;
  }

  /** Counts an outcome; true when it ejects. */
  boolean judge(boolean failed) {
    if (!failed) {
      if (failures != 0) {
        failures = 0;
      }
      return false;
    }
    return fail();
  }

  /** Others have ejected it: the next failure is enough, and the next success clears it. */
  synchronized void suspect() {
    if (!out && !retired) {
      failures = Math.max(failures, policy.consecutive() - 1);
    }
  }

  private synchronized boolean fail() {
    long now = ticker.nanos();
    failures = failures + 1;
    if (out || retired || failures < policy.consecutive() || !quota.tryTake()) {
      return false;
    }
    // Good conduct for as long as the longest ejection clears the record.
    if (streak > 0 && now - lastReturn > policy.max().toNanos()) {
      streak = 0;
    }
    streak++;
    long time = Math.min(policy.max().toNanos(), policy.base().toNanos() * streak);
    until = now + time;
    out = true;
    failures = 0;
    count = count + 1;
    return true;
  }

  /** Whether it is out now. */
  boolean out(long now) {
    return out && now - until < 0;
  }

  /** True once for each return: its time is over. */
  boolean returned() {
    return out && back();
  }

  private synchronized boolean back() {
    if (!out || ticker.nanos() - until < 0) {
      return false;
    }
    out = false;
    failures = 0;
    lastReturn = ticker.nanos();
    quota.giveBack();
    return true;
  }

  /** Its endpoint is no more: it takes no part of the quota from now on. */
  synchronized void retire() {
    retired = true;
    if (out) {
      out = false;
      quota.giveBack();
    }
  }

  long count() {
    return count;
  }
}
