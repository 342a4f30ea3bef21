package dev.sluice.gateway.observe;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.exchange.RouteView;
import dev.sluice.gateway.resilience.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of an exchange that took longer than its route's {@code slow}, with the milliseconds of its
 * phases (-1 for one that was not reached). Ten lines a second at most; how many were held back
 * stands in the next.
 */
public final class SlowExchanges implements Observer {
  private static final Logger LOG = LoggerFactory.getLogger(SlowExchanges.class);

  private final RateLimitedLog limit;

  /** Measures the rate of lines with {@code ticker}. */
  public SlowExchanges(Ticker ticker) {
    this.limit = new RateLimitedLog(ticker, TimeUnit.MILLISECONDS.toNanos(100));
  }

  @Override
  public void ended(Exchange e) {
    RouteView route = e.route();
    Duration slow = route == null ? null : route.config().slow();
    long total = e.timeline().endNanos() - e.timeline().startNanos();
    if (slow == null || total <= slow.toNanos()) {
      return;
    }
    long held = limit.tryPass();
    if (held >= 0 && route != null) {
      LOG.warn(
          "event=slow_exchange id={} route={} endpoint={} attempts={} status={} total={}ms"
              + " filters={}ms connect={}ms wait={}ms head={}ms body={}ms held_back={}",
          e.requestId(),
          route.name(),
          e.endpoint(),
          e.attempts(),
          e.status(),
          TimeUnit.NANOSECONDS.toMillis(total),
          millis(e.timeline().startNanos(), e.timeline().forwardNanos()),
          millis(e.timeline().forwardNanos(), e.timeline().connectedNanos()),
          millis(e.timeline().connectedNanos(), e.timeline().upstreamHeadNanos()),
          millis(e.timeline().startNanos(), e.timeline().headNanos()),
          millis(e.timeline().headNanos(), e.timeline().endNanos()),
          held);
    }
  }

  private static long millis(long from, long to) {
    return from == 0 || to == 0 ? -1 : TimeUnit.NANOSECONDS.toMillis(to - from);
  }
}
