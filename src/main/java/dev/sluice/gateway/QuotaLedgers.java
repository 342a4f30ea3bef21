package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.filter.limit.Ledger;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.quota.QuotaTable;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where quotas are kept: in the database that they name, else by the nodes of the cluster, else
 * nowhere.
 *
 * @param cluster null for a node that has none
 * @param snapshot the one that serves; null before the first
 */
record QuotaLedgers(@Nullable Cluster cluster, Supplier<@Nullable Snapshot> snapshot)
    implements Quotas.Ledgers {
  @Override
  public Ledger ledger(@Nullable String database) {
    if (database != null) {
      return new QuotaTable(() -> {
        Snapshot now = snapshot.get();
        return now == null ? null : now.databases().get(database);
      });
    }
    return cluster == null ? Ledger.NONE : new OfCluster(cluster);
  }

  private record OfCluster(Cluster nodes) implements Ledger {
    @Override
    public void add(Period period, Map<String, Count> counts, Answers answers) {
      Map<String, Cluster.Count> all = new HashMap<>();
      counts.forEach((key, count) -> all.put(key, new Cluster.Count(count.known(), count.added())));
      nodes
          .count(period.quota() + '@' + period.start(), all, period.end())
          .onSuccess(parts ->
              parts.forEach(part ->
                  part.sums()
                      .onComplete(
                          answers::totals, cause -> answers.failed(part.keys(), why(cause)))))
          .onFailure(cause -> answers.failed(counts.keySet(), why(cause)));
    }

    private static String why(Throwable cause) {
      return Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
    }

    @Override
    public boolean silent() {
      return nodes.silent();
    }
  }
}
