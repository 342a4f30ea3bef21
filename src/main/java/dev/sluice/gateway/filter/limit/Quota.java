package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
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
  private final int cost;
  private final boolean dryRun;
  private final String quoted;
  private final String detail;

  public Quota(QuotaBook book) {
    FilterConfig.Quota config = book.config();
    this.book = book;
    this.keys = new LimitKeys(config.key());
    this.cost = config.cost();
    this.dryRun = config.dryRun();
    String shown = LimitHeaders.shown(book.name());
    this.quoted = "\"" + shown + "\"";
    this.detail = "quota " + shown + " lets " + config.limit() + " pass in " + config.per().text();
  }

  @Override
  public Verdict onRequest(Exchange exchange) {
    QuotaBook.Page page = book.page();
    QuotaBook.Account account = page.account(keys.of(exchange));
    if (dryRun) {
      if (!account.force(cost)) {
        book.tolerated.increment();
      }
      return Verdict.CONTINUE;
    }
    boolean blind = book.blind();
    long left = blind ? -1 : account.take(cost);
    long seconds = page.secondsLeft();
    LimitHeaders.tell(
        exchange,
        quoted,
        quoted + ";q=" + book.config().limit() + ";w=" + page.seconds(),
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
