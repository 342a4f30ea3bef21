package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.config.FilterConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.filter.Filter;
import dev.sluice.gateway.filter.Verdict;
import dev.sluice.gateway.filter.limit.RateLimiter.Tokens;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.github.bucket4j.ConsumptionProbe;
import io.vertx.core.Promise;
import java.util.concurrent.TimeUnit;

/** Bounds how often requests of one key come. Stateless but for its limiter; any loop. */
public final class RateLimit implements Filter {
  private static final long BLIND_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final RateLimiter limiter;
  private final LimitKeys keys;
  private final int cost;
  private final long waitNanos;
  private final boolean dryRun;
  private final String quoted;
  private final String policy;
  private final String detail;

  public RateLimit(RateLimiter limiter) {
    FilterConfig.RateLimit config = limiter.config();
    this.limiter = limiter;
    this.keys = new LimitKeys(config.key());
    this.cost = config.cost();
    this.waitNanos = config.onLimit().atMost().toNanos();
    this.dryRun = config.dryRun();
    String shown = LimitHeaders.shown(limiter.name());
    this.quoted = "\"" + shown + "\"";
    this.policy = quoted + ";q=" + config.rate().count() + ";w=" + config.rate().per().toSeconds();
    this.detail = "limit " + shown + " lets " + config.rate() + " pass";
  }

  @Override
  public Verdict onRequest(Exchange exchange) {
    Tokens bucket = limiter.bucket(keys.of(exchange));
    if (limiter.blind() && !dryRun) {
      return refuse(exchange, BLIND_NANOS, "the other nodes of the cluster are silent");
    }
    ConsumptionProbe probe = bucket.take(cost);
    if (probe.isConsumed()) {
      if (!dryRun) {
        tell(exchange, probe.getRemainingTokens(), probe.getNanosToWaitForReset());
      }
      return Verdict.CONTINUE;
    }
    if (dryRun) {
      limiter.tolerated.increment();
      return Verdict.CONTINUE;
    }
    long turn = probe.getNanosToWaitForRefill();
    if (turn <= waitNanos && limiter.mayWait()) {
      return later(exchange, bucket);
    }
    return refuse(exchange, turn, detail);
  }

  /** Takes its tokens ahead of time, so that who came first goes first. */
  private Verdict later(Exchange exchange, Tokens bucket) {
    long turn = bucket.ahead(cost);
    if (turn > waitNanos) { // another was quicker
      bucket.giveBack(cost);
      limiter.waited();
      return refuse(exchange, turn, detail);
    }
    limiter.delayed.increment();
    Promise<Verdict> promise = Promise.promise();
    Timer timer =
        exchange
            .loop()
            .timers()
            .timer(() -> {
              exchange.onAbort(null);
              limiter.waited();
              tell(exchange, 0, 0);
              promise.complete(Verdict.CONTINUE);
            });
    exchange.onAbort(() -> {
      timer.cancel();
      limiter.waited();
      bucket.giveBack(cost); // nobody is there to use them
      if (exchange.clientGone()) {
        exchange.end();
      }
    });
    timer.at(exchange.loop().ticker().nanos() + turn);
    return new Verdict.Later(promise.future());
  }

  private Verdict refuse(Exchange exchange, long turn, String why) {
    limiter.refused.increment();
    tell(exchange, 0, turn);
    return LimitHeaders.refuse(why, seconds(turn));
  }

  private void tell(Exchange exchange, long left, long fullNanos) {
    LimitHeaders.tell(exchange, quoted, policy, left, seconds(fullNanos));
  }

  private static long seconds(long nanos) {
    return Math.ceilDiv(nanos, TimeUnit.SECONDS.toNanos(1));
  }
}
