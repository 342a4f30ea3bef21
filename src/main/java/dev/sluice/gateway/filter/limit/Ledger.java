package dev.sluice.gateway.filter.limit;

import io.vertx.core.Future;
import java.time.Instant;
import java.util.Map;

/** Where counts of quotas are kept for all nodes. Any thread; nothing waits. */
public interface Ledger {
  /** There is none: a node counts for itself, until it ends. */
  Ledger NONE = (period, counts) -> Future.succeededFuture(counts);

  /**
   * What a count belongs to.
   *
   * @param quota its name
   * @param start of its period
   * @param end of it: from then on the counts are of no use
   */
  record Period(String quota, Instant start, Instant end) {}

  /**
   * Adds what was counted since the last time.
   *
   * @param counts by key; zero only asks
   * @return what all nodes have counted of these keys so far; those that are missing have to come
   *     again
   */
  Future<Map<String, Long>> add(Period period, Map<String, Long> counts);
}
