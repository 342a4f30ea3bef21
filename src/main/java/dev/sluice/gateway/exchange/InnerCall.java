package dev.sluice.gateway.exchange;

import dev.sluice.gateway.failure.Failure;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request that an exchange makes of its own gateway: a part of a composed answer, an element of a
 * batch. It becomes an exchange like any other, with filters, attempts, meters and a line in the
 * log; only its client is this object, which keeps the answer in memory.
 *
 * <p>Like an HTTP/2 stream it has whole messages, and an answer that breaks off is a reset.
 * Confined to the loop of its outer exchange.
 */
public final class InnerCall {
  private final Exchange outer;
  private final long deadlineNanos;
  private final long maxBytes;
  private final Consumer<InnerCall> done;
  private final InnerResponse response;
  private final Exchange exchange;
  private boolean tooLarge;
  private boolean over;

  /**
   * What is asked.
   *
   * @param uri path and query
   * @param headers become the inner exchange's own
   * @param body null for none
   */
  public record Ask(HttpMethod method, String uri, MultiMap headers, @Nullable Buffer body) {}

  /**
   * What the answer has to keep.
   *
   * @param deadlineNanos when it has to be whole; never later than the outer's
   * @param maxBytes of its body; more is {@code ANSWER_TOO_LARGE}
   */
  public record Bounds(long deadlineNanos, long maxBytes) {}

  /**
   * Makes the exchange; {@link Action#serve}, or {@link Dispatch} for one that has to find its
   * route, gets it under way.
   *
   * @param done told once, when the inner exchange has ended, whatever came of it
   */
  public InnerCall(Exchange outer, Ask ask, Bounds bounds, Consumer<InnerCall> done) {
    this.outer = outer;
    this.deadlineNanos = Math.min(bounds.deadlineNanos(), outer.deadlineNanos());
    this.maxBytes = bounds.maxBytes();
    this.done = done;
    this.response = new InnerResponse(this::fits);
    Buffer body = ask.body();
    int length = body == null ? 0 : body.length();
    if (length > 0) {
      ask.headers().set(HttpHeaders.CONTENT_LENGTH, Integer.toString(length));
    }
    InnerRequest request =
        new InnerRequest(
            Origin.of(outer.request()),
            ask.method(),
            ask.uri(),
            ask.headers(),
            length == 0 ? null : body,
            response);
    this.exchange = new Exchange(this, request, ask.headers(), length);
    long left = Math.max(1, this.deadlineNanos - outer.loop().ticker().nanos());
    if (this.deadlineNanos < Long.MAX_VALUE) {
      // For an action that watches nothing itself.
      exchange.watch(wait -> cancel(exchange.late(), "it took too long"));
      exchange.awaitEnd(left);
    }
  }

  /** The exchange that it became. */
  public Exchange exchange() {
    return exchange;
  }

  /** The exchange that makes the request. */
  public Exchange outer() {
    return outer;
  }

  /** When its answer has to be whole; {@code Long.MAX_VALUE} for no bound. */
  long deadlineNanos() {
    return deadlineNanos;
  }

  /** Whether it has ended. */
  public boolean over() {
    return over;
  }

  /** The answer's status; 0 when it broke off before it had one. */
  public int status() {
    return exchange.status();
  }

  /** Why the gateway itself ended it; null for an answer of an upstream or of the configuration. */
  public @Nullable Failure failure() {
    return exchange.failure();
  }

  /** Whether the answer came to its own end and is here. */
  public boolean whole() {
    return response.ended() && !tooLarge;
  }

  /** The answer's headers. */
  public MultiMap headers() {
    return response.headers();
  }

  /** The answer's body; empty for none. */
  public Buffer body() {
    return response.body();
  }

  /** Ends it; what it has under way is reset. Does nothing when it is over. */
  public void cancel(Failure failure, String why) {
    exchange.cancel(failure, why);
  }

  /** The outer exchange's client has left, and so has this one's. */
  public void leave() {
    exchange.clientLeft();
  }

  /** Whether the answer may be this long; if not, it ends soon. */
  boolean fits(long bytes) {
    if (bytes <= maxBytes) {
      return true;
    }
    tooLarge = true;
    String why = "the answer is larger than " + maxBytes + " bytes";
    exchange.failed(Failure.ANSWER_TOO_LARGE, why);
    // Not at once: whoever writes is in the middle of it.
    outer.loop().turn().defer(() -> cancel(Failure.ANSWER_TOO_LARGE, why));
    return false;
  }

  void ended() {
    over = true;
    done.accept(this);
  }
}
