package dev.sluice.gateway.filter.limit;

import java.time.Instant;
import java.util.Map;
import java.util.Set;

/** Where counts of quotas are kept for all nodes. Any thread; nothing waits. */
public interface Ledger {
  /** There is none: a node counts for itself, until it ends. */
  Ledger NONE = (period, counts, answers) -> answers.failed(counts.keySet(), "there is no ledger");

  /**
   * What a count belongs to.
   *
   * @param quota its name
   * @param start of its period
   * @param end of it: from then on the counts are of no use
   */
  record Period(String quota, Instant start, Instant end) {}

  /**
   * What one node knows of a key.
   *
   * @param known what all nodes had counted when it asked last; a ledger that has less has lost
   *     some, and goes on from here
   * @param added by this node since; zero only asks
   */
  record Count(long known, long added) {}

  /** What becomes of counts; each key is told of once, in one call or several. Any thread. */
  interface Answers {
    /** What all nodes have counted of these keys so far. */
    void totals(Map<String, Long> totals);

    /** These have to come again. */
    void failed(Set<String> keys, String why);
  }

  /** Adds what was counted since the last time. */
  void add(Period period, Map<String, Count> counts, Answers answers);

  /** Whether somebody who counts has not been heard of for too long. */
  default boolean silent() {
    return false;
  }
}
