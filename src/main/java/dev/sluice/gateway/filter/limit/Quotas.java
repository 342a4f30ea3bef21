package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The quotas of this node by name. One whose limit a new configuration changes goes on with what it
 * has counted; one that counts by another key or period begins anew. Any thread.
 */
public final class Quotas {
  private static final int ROUNDS = 10;

  private final InstantSource clock;
  private final Ledgers ledgers;
  private final Held<QuotaBook> books = new Held<>();

  /** Gives each quota its ledger. */
  @FunctionalInterface
  public interface Ledgers {
    /**
     * The ledger of a quota.
     *
     * @param database the one that the quota names; null when it names none
     */
    Ledger ledger(@Nullable String database);
  }

  /** None yet. */
  public Quotas(InstantSource clock, Ledgers ledgers) {
    this.clock = clock;
    this.ledgers = ledgers;
  }

  /** The quota of this name; another one when it counts something else now. */
  public QuotaBook book(String name, FilterConfig.Quota config) {
    return books.get(
        name,
        before -> before.serves(config),
        () -> new QuotaBook(name, config, clock, ledgers.ledger(config.database())));
  }

  /** Brings what was counted to the ledgers; called several times a second. Never fails. */
  public Future<Void> keep() {
    return Future.join(books.list().stream().map(QuotaBook::keep).toList())
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  /** Brings all that was counted to the ledgers, as far as they take it: the node is leaving. */
  public Future<Void> close() {
    Future<Void> kept = Future.succeededFuture();
    for (int i = 0; i < ROUNDS; i++) {
      kept = kept.compose(nothing -> keep());
    }
    return kept;
  }

  /** What each did so far. */
  public List<QuotaBook.Stats> stats() {
    return books.list().stream()
        .map(QuotaBook::stats)
        .sorted(Comparator.comparing(QuotaBook.Stats::name))
        .toList();
  }
}
