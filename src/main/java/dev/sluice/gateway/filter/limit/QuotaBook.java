package dev.sluice.gateway.filter.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.gateway.config.FilterConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One quota's counts: a page for each period, an account for each key. A request counts here and
 * now; several times a second what was counted goes to the ledger, which answers with what all
 * nodes have counted. So no request waits, and what passes too much is bounded by what all nodes
 * let pass between two of these rounds. As many keys are remembered as its configuration says. Any
 * thread.
 */
public final class QuotaBook {
  private static final Logger LOG = LoggerFactory.getLogger(QuotaBook.class);

  /** Until then an answer may be on its way. */
  private static final long PATIENCE_MILLIS = 2_000;

  /** Accounts of one round. */
  private static final int MOST_AT_ONCE = 5_000;

  /**
   * Accounts that wait for their round or its answer; one that finds it full comes again with its
   * next request.
   */
  private static final int MOST_WAITING = 20_000;

  private final String name;
  private final FilterConfig.Quota config;
  private final InstantSource clock;
  private final Ledger ledger;
  private final Queue<Account> changed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Set<Round> rounds = ConcurrentHashMap.newKeySet();
  private final AtomicInteger failing = new AtomicInteger();
  private volatile boolean blind;
  private volatile Page current;
  final LongAdder refused = new LongAdder();
  final LongAdder tolerated = new LongAdder();

  QuotaBook(String name, FilterConfig.Quota config, InstantSource clock, Ledger ledger) {
    this.name = name;
    this.config = config;
    this.clock = clock;
    this.ledger = ledger;
    this.current = new Page(clock.instant());
  }

  String name() {
    return name;
  }

  /** Whether it can go on for these settings: how much passes is nothing that a count knows of. */
  boolean serves(FilterConfig.Quota settings) {
    return settings.per() == config.per()
        && settings.keys() == config.keys()
        && settings.key().equals(config.key())
        && Objects.equals(settings.database(), config.database());
  }

  /** The page of the period that is now. */
  Page page() {
    Page page = current;
    if (!page.isNow()) {
      page = new Page(clock.instant());
      current = page; // two at once make two; what the lost one counts reaches the ledger as well
    }
    return page;
  }

  /** Whether nobody can tell now what the others let pass. */
  boolean blind() {
    return blind || ledger.silent();
  }

  /** The accounts of one period. */
  final class Page {
    private final Ledger.Period period;
    private final long startMillis;
    private final long endMillis;
    private final Cache<String, Account> accounts =
        Caffeine.newBuilder().maximumSize(config.keys()).executor(Runnable::run).build();

    Page(Instant now) {
      this.period = new Ledger.Period(name, config.per().start(now), config.per().end(now));
      this.startMillis = period.start().toEpochMilli();
      this.endMillis = period.end().toEpochMilli();
    }

    private boolean isNow() {
      long now = clock.millis();
      return now >= startMillis && now < endMillis;
    }

    Account account(String key) {
      return accounts.get(key, added -> new Account(this, added));
    }

    /** Of the whole period. */
    long seconds() {
      return (endMillis - startMillis) / 1_000;
    }

    /** Until its end. */
    long secondsLeft() {
      return Math.max(1, Math.ceilDiv(endMillis - clock.millis(), 1_000L));
    }
  }

  /** What one key has used in one period. */
  final class Account {
    private final Page page;
    private final String key;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong untold = new AtomicLong();

    /** From the first count that is to be told until the ledger has answered. */
    private final AtomicBoolean waits = new AtomicBoolean();

    // Only while it waits: what the ledger said last, what it is asked now, and whether it failed.
    private long told;
    private long asked;
    private boolean failed;

    Account(Page page, String key) {
      this.page = page;
      this.key = key;
    }

    /** Takes so many, if they are left of the limit; what is left then, or -1. */
    long take(int cost, long limit) {
      long before;
      do {
        before = used.get();
        if (before + cost > limit) {
          return -1;
        }
      } while (!used.compareAndSet(before, before + cost));
      tell(cost);
      return limit - before - cost;
    }

    /** Takes so many anyway; whether they were left of the limit. */
    boolean force(int cost, long limit) {
      boolean left = used.addAndGet(cost) <= limit;
      tell(cost);
      return left;
    }

    private void tell(int cost) {
      if (ledger == Ledger.NONE) {
        return;
      }
      untold.addAndGet(cost);
      queue(this);
    }

    private Ledger.Count ask() {
      asked = untold.getAndSet(0);
      return new Ledger.Count(told, asked);
    }

    private void learn(long total) {
      used.addAndGet(Math.max(0, total - told - asked)); // what others have counted
      told = total;
      fails(false);
      rest();
    }

    private void again() {
      untold.addAndGet(asked);
      fails(true);
      rest();
    }

    private void fails(boolean now) {
      if (failed != now) {
        failed = now;
        failing.addAndGet(now ? 1 : -1);
      }
    }

    private void rest() {
      waiting.decrementAndGet();
      boolean again = failed;
      waits.set(false);
      if (again || untold.get() != 0) {
        queue(this);
      }
    }
  }

  private void queue(Account account) {
    if (!account.waits.compareAndSet(false, true)) {
      return;
    }
    if (waiting.incrementAndGet() > MOST_WAITING) {
      account.fails(false); // it may never come again
      waiting.decrementAndGet();
      account.waits.set(false);
    } else {
      changed.add(account);
    }
  }

  /**
   * Brings what was counted to the ledger; completes when that has answered all that it was ever
   * asked, and never fails.
   */
  Future<Void> keep() {
    long now = clock.millis();
    Map<Page, Map<String, Account>> pages = new LinkedHashMap<>();
    List<Account> later = new ArrayList<>();
    for (int i = 0; i < MOST_AT_ONCE; i++) {
      Account account = changed.poll();
      if (account == null) {
        break;
      }
      Account same =
          pages
              .computeIfAbsent(account.page, page -> new HashMap<>())
              .putIfAbsent(account.key, account);
      if (same != null) {
        later.add(account); // forgotten and remembered again in between: it has the next round
      }
    }
    changed.addAll(later);
    pages.forEach((page, accounts) -> new Round(now, accounts).begin(page));
    look("");
    return Future.join(rounds.stream().map(Round::ended).toList())
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  /** One question to the ledger. */
  private final class Round implements Ledger.Answers {
    private final long begun;
    private final Map<String, Account> accounts;
    private final AtomicInteger open;
    private final Promise<Void> end = Promise.promise();
    private volatile String trouble = "";

    Round(long begun, Map<String, Account> accounts) {
      this.begun = begun;
      this.accounts = accounts;
      this.open = new AtomicInteger(accounts.size());
    }

    void begin(Page page) {
      rounds.add(this);
      Map<String, Ledger.Count> counts = new HashMap<>();
      accounts.forEach((key, account) -> counts.put(key, account.ask()));
      ledger.add(page.period, counts, this);
    }

    Future<Void> ended() {
      return end.future();
    }

    @Override
    public void totals(Map<String, Long> totals) {
      totals.forEach((key, total) -> Objects.requireNonNull(accounts.get(key)).learn(total));
      told(totals.size());
    }

    @Override
    public void failed(Set<String> keys, String why) {
      keys.forEach(key -> Objects.requireNonNull(accounts.get(key)).again());
      trouble = why;
      told(keys.size());
    }

    private void told(int some) {
      if (open.addAndGet(-some) == 0) {
        rounds.remove(this);
        look(trouble);
        end.complete();
      }
    }
  }

  /** Looks whether the ledger answers. */
  private synchronized void look(String why) {
    long late = clock.millis() - PATIENCE_MILLIS;
    boolean waits = rounds.stream().anyMatch(round -> round.begun < late);
    boolean now = waits || failing.get() > 0;
    if (blind != now) {
      blind = now;
      if (now) {
        LOG.warn("event=quota_not_kept quota={} why=\"{}\"", name, waits ? "no answer" : why);
      } else {
        LOG.info("event=quota_kept quota={}", name);
      }
    }
  }

  /**
   * What it did so far.
   *
   * @param keys that it remembers now
   * @param refused requests
   * @param tolerated requests that a dry run would have refused
   */
  public record Stats(String name, long keys, long refused, long tolerated) {}

  /** What it did so far. */
  public Stats stats() {
    return new Stats(name, current.accounts.estimatedSize(), refused.sum(), tolerated.sum());
  }
}
