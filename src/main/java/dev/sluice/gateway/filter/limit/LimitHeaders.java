package dev.sluice.gateway.filter.limit;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.filter.Verdict;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.http.HttpHeaders;

/**
 * What clients are told of a limit: how much is left, as in
 * draft-ietf-httpapi-ratelimit-headers-10, and when to come again ({@code Retry-After}, RFC 9110
 * §10.2.3). Stateless; any loop.
 */
final class LimitHeaders {
  private static final CharSequence POLICY = HttpHeaders.createOptimized("ratelimit-policy");
  private static final CharSequence LEFT = HttpHeaders.createOptimized("ratelimit");

  private LimitHeaders() {}

  /** The name that clients get to see of a limit's. */
  static String shown(String name) {
    return name.substring(name.indexOf('/') + 1);
  }

  /**
   * Tells it with the answer.
   *
   * @param quoted the limit's name
   * @param policy its name, quota and window
   * @param seconds until all is there again
   */
  static void tell(Exchange exchange, String quoted, String policy, long left, long seconds) {
    exchange
        .response()
        .headers()
        .add(POLICY, policy)
        .add(LEFT, quoted + ";r=" + left + ";t=" + seconds);
  }

  /**
   * Too many.
   *
   * @param seconds until it is of use to come again; at least one is told
   */
  static Verdict refuse(String detail, long seconds) {
    return new Verdict.Answer(
        Reply.of(
            Failure.RATE_LIMITED,
            detail,
            HttpHeaders.headers()
                .set(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, seconds)))));
  }
}
