package dev.sluice.gateway.quota;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.filter.limit.Ledger;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps the counts of quotas in PostgreSQL, for all nodes that share it. Any thread. */
public final class QuotaTable implements Ledger {
  // Rows are locked in the order of their keys, so that two nodes never wait for each other.
  private static final SqlText ADD =
      SqlText.of(
          """
          insert into sluice_quotas as kept (quota, period_start, key, period_end, used)
          select $1::text, $2::timestamptz, key, $3::timestamptz, used
          from unnest($4::text[], $5::bigint[]) as counted (key, used) order by key
          on conflict (quota, period_start, key) do update set used = kept.used + excluded.used
          returning key, used\
          """,
          Kind.POSTGRES);
  private static final SqlText FORGET =
      SqlText.of(
          "delete from sluice_quotas where period_end < now() - make_interval(secs => $1)",
          Kind.POSTGRES);

  /** No answer is waited for longer. */
  private static final long ANSWER_SECONDS = 10;

  /** Periods that are over stay so long, for people who look at them. */
  private static final double KEPT_SECONDS = Duration.ofDays(7).toSeconds();

  private final Supplier<@Nullable Database> database;
  private volatile @Nullable Period last;

  /**
   * A table that may not be there yet.
   *
   * @param database the one that serves now; null when none does
   */
  public QuotaTable(Supplier<@Nullable Database> database) {
    this.database = database;
  }

  @Override
  public Future<Map<String, Long>> add(Period period, Map<String, Long> counts) {
    Database open = database.get();
    if (open == null) {
      return Future.failedFuture(
          new Failed(Failure.DATABASE_UNAVAILABLE, "the database is not there"));
    }
    if (!period.equals(last)) {
      last = period;
      Watched.quietly(open.query(FORGET, List.of(KEPT_SECONDS), new Cancellation()));
    }
    List<String> keys = new ArrayList<>(counts.size());
    List<Long> sums = new ArrayList<>(counts.size());
    counts.forEach((key, count) -> {
      keys.add(text(key));
      sums.add(count);
    });
    List<@Nullable Object> values =
        Arrays.asList(
            period.quota(),
            period.start().atOffset(ZoneOffset.UTC),
            period.end().atOffset(ZoneOffset.UTC),
            keys.toArray(new String[0]),
            sums.toArray(new Long[0]));
    return open.query(ADD, values, new Cancellation())
        .timeout(ANSWER_SECONDS, TimeUnit.SECONDS)
        .map(result -> totals(result, counts));
  }

  /** A text of PostgreSQL cannot hold a NUL; no key of a client begins with a space. */
  private static String text(String key) {
    return key.replace('\0', ' ');
  }

  private static Map<String, Long> totals(Database.Result result, Map<String, Long> counts) {
    Map<String, Long> byText = new HashMap<>();
    for (Map<String, @Nullable Object> row : result.rows()) {
      if (row.get("used") instanceof Number used) {
        byText.put(String.valueOf(row.get("key")), used.longValue());
      }
    }
    Map<String, Long> totals = new HashMap<>();
    counts
        .keySet()
        .forEach(key -> {
          Long total = byText.get(text(key));
          if (total != null) {
            totals.put(key, total);
          }
        });
    return totals;
  }
}
