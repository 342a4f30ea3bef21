package dev.sluice.gateway.quota;

import dev.sluice.gateway.config.DatabaseConfig.Kind;
import dev.sluice.gateway.database.Cancellation;
import dev.sluice.gateway.database.Database;
import dev.sluice.gateway.database.SqlText;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.filter.limit.Ledger;
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
          insert into sluice_quotas as kept (quota, period_start, key, period_end, used, added)
          select $1::text, $2::timestamptz, key, $3::timestamptz, known + added, added
          from unnest($4::text[], $5::bigint[], $6::bigint[]) as counted (key, known, added) order by key
          on conflict (quota, period_start, key) do update
          set used = greatest(kept.used + excluded.added, excluded.used), added = excluded.added
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
  public void add(Period period, Map<String, Count> counts, Answers answers) {
    Database open = database.get();
    if (open == null) {
      answers.failed(counts.keySet(), "the database is not there");
      return;
    }
    if (!period.equals(last)) {
      last = period;
      Watched.quietly(open.query(FORGET, List.of(KEPT_SECONDS), new Cancellation()));
    }
    List<String> keys = new ArrayList<>(counts.size());
    List<Long> known = new ArrayList<>(counts.size());
    List<Long> added = new ArrayList<>(counts.size());
    counts.forEach((key, count) -> {
      keys.add(text(key));
      known.add(count.known());
      added.add(count.added());
    });
    List<@Nullable Object> values =
        Arrays.asList(
            period.quota(),
            period.start().atOffset(ZoneOffset.UTC),
            period.end().atOffset(ZoneOffset.UTC),
            keys.toArray(new String[0]),
            known.toArray(new Long[0]),
            added.toArray(new Long[0]));
    open.query(ADD, values, new Cancellation())
        .timeout(ANSWER_SECONDS, TimeUnit.SECONDS)
        .onComplete(
            result -> answers.totals(totals(result, counts)),
            cause -> answers.failed(counts.keySet(), String.valueOf(cause.getMessage())));
  }

  /** A text of PostgreSQL cannot hold a NUL; no key of a client begins with a space. */
  private static String text(String key) {
    return key.replace('\0', ' ');
  }

  private static Map<String, Long> totals(Database.Result result, Map<String, Count> counts) {
    Map<String, Long> byText = new HashMap<>();
    for (Map<String, @Nullable Object> row : result.rows()) {
      if (row.get("used") instanceof Number used) {
        byText.put(String.valueOf(row.get("key")), used.longValue());
      }
    }
    Map<String, Long> totals = new HashMap<>();
    counts.forEach((key, count) ->
        totals.put(key, byText.getOrDefault(text(key), count.known() + count.added())));
    return totals;
  }
}
