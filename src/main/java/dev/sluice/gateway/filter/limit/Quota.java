package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.config.LimitConfig.OnPartition;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.Verdict;

/**
 * Bounds how many requests of one key pass in an hour, a day, a week or a month of the calendar.
 * Stateless but for its book; any loop.
 */
public final class Quota implements Filter {
  private final QuotaBook book;
  private final LimitKeys keys;
  private final long limit;
  private final int cost;
  private final boolean refusesBlind;
  private final boolean dryRun;
  private final String quoted;
  private final String detail;

  /**
   * One of a route.
   *
   * @param book where it counts
   */
  public Quota(QuotaBook book, FilterConfig.Quota config) {
    this.book = book;
    this.keys = new LimitKeys(config.key());
    this.limit = config.limit();
    this.cost = config.cost();
    this.refusesBlind = config.onPartition() == OnPartition.REFUSE;
    this.dryRun = config.dryRun();
    String shown = LimitHeaders.shown(book.name());
    this.quoted = "\"" + shown + "\"";
    this.detail = "quota " + shown + " lets " + limit + " pass in " + config.per().text();
  }

  @Override
  public Verdict onRequest(Exchange exchange) {
    QuotaBook.Page page = book.page();
    QuotaBook.Account account = page.account(keys.of(exchange));
    if (dryRun) {
      if (!account.force(cost, limit)) {
        book.tolerated.increment();
      }
      return Verdict.CONTINUE;
    }
    boolean blind = refusesBlind && book.blind();
    long left = blind ? -1 : account.take(cost, limit);
    long seconds = page.secondsLeft();
    LimitHeaders.tell(
        exchange,
        quoted,
        quoted + ";q=" + limit + ";w=" + page.seconds(),
        Math.max(0, left),
        seconds);
    if (left >= 0) {
      return Verdict.CONTINUE;
    }
    book.refused.increment();
    return blind
        ? LimitHeaders.refuse("what other nodes have counted is not known now", BLIND_SECONDS)
        : LimitHeaders.refuse(detail, seconds);
  }

  private static final long BLIND_SECONDS = 5;
}
