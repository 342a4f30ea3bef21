package dev.sluice.gateway.proxy;

import dev.sluice.gateway.resilience.RetryBudget;
import dev.sluice.gateway.upstream.Upstream;
import java.util.List;
import java.util.random.RandomGenerator;

/** Where a route forwards to: one upstream, or several by weight. Immutable. */
public final class Branches {
  private final Branch[] branches;
  private final long[] cumulative;
  private final long total;

  /**
   * One way.
   *
   * @param weight 0 or more
   * @param budget shared by all routes with the same share
   */
  public record Branch(Upstream upstream, long weight, RetryBudget budget) {}

  /** At least one branch, not all of weight 0. */
  public Branches(List<Branch> branches) {
    this.branches = branches.toArray(new Branch[0]);
    this.cumulative = new long[this.branches.length];
    long sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += this.branches[i].weight();
      cumulative[i] = sum;
    }
    this.total = sum;
  }

  /** One of them, by chance and weight. */
  Branch choose(RandomGenerator random) {
    if (branches.length == 1) {
      return branches[0];
    }
    long point = random.nextLong(total);
    int i = 0;
    while (point >= cumulative[i]) {
      i++;
    }
    return branches[i];
  }
}
