package dev.sluice.gateway.http;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that the gateway itself gives.
 *
 * <p>One made from a {@link Failure} has no body yet: what the client accepts and the route's own
 * pages decide it when it is sent.
 *
 * @param status HTTP status
 * @param headers added to the answer; null for none; never shared between replies that are changed
 * @param body null for none, or until a failure's body is made
 * @param failure null when nothing failed
 * @param detail one sentence for the client; holds nothing secret; null when the reason says it all
 * @param members further members of the problem's body, as JSON without the braces; null for none
 */
public record Reply(
    int status,
    @Nullable MultiMap headers,
    @Nullable Buffer body,
    @Nullable Failure failure,
    @Nullable String detail,
    @Nullable String members) {

  /** An answer that is no failure. */
  public static Reply of(int status, @Nullable MultiMap headers, @Nullable Buffer body) {
    return new Reply(status, headers, body, null, null, null);
  }

  /** A failure without further words. */
  public static Reply of(Failure failure) {
    return new Reply(failure.status(), null, null, failure, null, null);
  }

  /** A failure with a sentence for the client. */
  public static Reply of(Failure failure, String detail) {
    return new Reply(failure.status(), null, null, failure, detail, null);
  }

  /** A failure with a status of its own and further members in its body. */
  public static Reply of(Failure failure, int status, String detail, String members) {
    return new Reply(status, null, null, failure, detail, members);
  }

  /** A failure that came out of a future. */
  public static Reply of(Failed failed) {
    return new Reply(
        failed.failure().status(), null, null, failed.failure(), failed.getMessage(), null);
  }

  /** A failure with headers of its own, for instance Allow or Retry-After. */
  public static Reply of(Failure failure, @Nullable String detail, MultiMap headers) {
    return new Reply(failure.status(), headers, null, failure, detail, null);
  }
}
