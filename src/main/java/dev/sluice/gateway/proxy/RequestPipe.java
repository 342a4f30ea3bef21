package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.BodySink;
import dev.sluice.gateway.exchange.RequestBody;
import dev.sluice.gateway.failure.Failure;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Streams a request's body to the attempt that is under way, with back-pressure, and keeps its
 * beginning for another attempt as long as one may follow. Confined to the exchange's loop.
 */
final class RequestPipe implements BodySink {
  /** What is kept for another attempt; beyond it there is none (DESIGN: replay buffer 64 KiB). */
  static final int REPLAY_BYTES = 64 * 1024;

  private final AttemptLoop loop;
  private final RequestBody body;
  private boolean keep;
  private boolean started;
  private boolean ended;
  private int keptBytes;
  private final List<Buffer> kept = new ArrayList<>(2);
  private @Nullable UpstreamCall call;

  RequestPipe(AttemptLoop loop, RequestBody body, boolean keep) {
    this.loop = loop;
    this.body = body;
    this.keep = keep;
  }

  /** Whether the body can still be sent from its beginning. */
  boolean replayable() {
    return !started || keep;
  }

  /** Whether its last byte has come. */
  boolean ended() {
    return ended;
  }

  /** Sends the body, from its beginning, to this attempt from now on. */
  void attach(UpstreamCall next) {
    call = next;
    if (!started) {
      started = true;
      body.stream(this);
      return;
    }
    for (int i = 0; i < kept.size() && call == next; i++) {
      next.write(kept.get(i), ended && i == kept.size() - 1);
    }
    if (ended && kept.isEmpty()) {
      next.finish();
    }
    if (call == next && !next.writeQueueFull()) {
      body.resume();
    }
  }

  /** The attempt is over; what comes now is held back until the next. */
  void detach() {
    call = null;
    body.pause();
  }

  /** The attempt can take more. */
  void drained() {
    if (call != null) {
      body.resume();
    }
  }

  @Override
  public void chunk(Buffer chunk) {
    UpstreamCall target = call;
    boolean last = body.declared() >= 0 && body.bytes() == body.declared();
    if (keep) {
      keptBytes += chunk.length();
      if (keptBytes <= REPLAY_BYTES) {
        kept.add(chunk);
      } else {
        keep = false;
        kept.clear();
      }
    }
    if (target == null) {
      if (!keep) {
        // Between two attempts, and more than is kept: there will be no other attempt.
        loop.bodyFailed(Failure.UPSTREAM_RESET, "the request's body is too large to send again");
      }
      return;
    }
    target.write(chunk, last);
    if (target.writeQueueFull()) {
      body.pause();
    }
  }

  @Override
  public void end() {
    ended = true;
    UpstreamCall target = call;
    if (target != null) {
      target.finish();
    }
    loop.bodySent();
  }

  @Override
  public void failed(Failure failure, String detail) {
    loop.bodyFailed(failure, detail);
  }
}
