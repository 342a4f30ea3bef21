package dev.sluice.gateway;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.cluster.Cluster;
import dev.sluice.gateway.filter.limit.Ledger;
import dev.sluice.gateway.filter.limit.Quotas;
import dev.sluice.gateway.quota.QuotaTable;
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
    Cluster nodes = cluster;
    return nodes == null
        ? Ledger.NONE
        : (period, counts) ->
            nodes.count(period.quota() + '@' + period.start(), counts, period.end());
  }
}
