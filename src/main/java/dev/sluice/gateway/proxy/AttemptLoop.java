package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Watch;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Methods;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.resilience.Permit;
import dev.sluice.gateway.resilience.Timers.Timer;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Lease;
import dev.sluice.gateway.upstream.LeaseRequest;
import dev.sluice.gateway.upstream.Shard;
import dev.sluice.gateway.upstream.Upstream;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one exchange at one upstream: picks an endpoint, takes permits, sends, and
 * decides what a failure means. Everything that it took is given back in {@link #settle}, once.
 * Confined to the exchange's loop.
 */
final class AttemptLoop implements LeaseRequest, Watch, Handler<MultiMap> {
  private final Exchange exchange;
  private final ForwardPlan plan;
  private final Upstream upstream;
  private final Shard shard;
  private final Branches.Branch branch;
  private final RequestHead head;
  private final @Nullable RequestPipe pipe;
  private final EndpointChoice choice;
  private final Retries retries;

  private @Nullable Permit permit;
  private @Nullable UpstreamCall call;
  private @Nullable AnswerPipe answer;
  private @Nullable Timer attemptTimer;
  private @Nullable Timer pause;
  private long deadline;
  private boolean leasing;
  private boolean settled;

  AttemptLoop(Exchange exchange, ForwardPlan plan, Branches.Branch branch) {
    this.exchange = exchange;
    this.plan = plan;
    this.branch = branch;
    this.upstream = branch.upstream();
    this.shard = upstream.shard(exchange.loop().index());
    this.head = new RequestHead(exchange, plan, upstream.config(), exchange.requestHeaders());
    this.choice = new EndpointChoice(exchange, upstream, head);
    this.pipe =
        exchange.body().isEmpty()
            ? null
            : new RequestPipe(
                this,
                exchange.body(),
                Methods.idempotent(exchange.method()) && plan.retry().attempts() > 1);
    this.retries = new Retries(exchange, plan.retry(), branch.budget(), pipe);
  }

  // ---- one attempt after the other ----

  void start() {
    Breaker breaker = upstream.breaker();
    if (breaker != null) {
      permit = breaker.tryEnter();
      if (permit == null) {
        settled = true;
        exchange.answer(Refusals.breakerOpen(breaker));
        return;
      }
    }
    retries.begin();
    exchange.watch(this);
    exchange.onAbort(this::clientLeft);
    long now = now();
    exchange.timeline().forward(now);
    long timeout = head.timeoutNanos();
    deadline = now + timeout;
    if (exchange.body().ended()) {
      exchange.awaitHead(timeout);
    } else {
      exchange.await(
          Wait.BODY, head.grpc() ? plan.streamIdleNanos() : exchange.ingress().bodyIdleNanos());
      if (timeout < plan.timeoutNanos()) {
        exchange.awaitEnd(timeout); // a gRPC client's own deadline holds for its whole call
      }
    }
    if (plan.totalNanos() > 0) {
      exchange.awaitEnd(plan.totalNanos());
    }
    next();
  }

  private void next() {
    Endpoint picked = choice.next();
    if (picked == null) {
      finish(shard.unavailable(), "no endpoint of upstream " + upstream.name() + " can be used");
      return;
    }
    if (plan.attemptNanos() > 0) {
      attemptTimer().at(choice.sinceNanos() + plan.attemptNanos());
    }
    leasing = true;
    shard.lease(picked, deadline, this);
  }

  @Override
  public void granted(Lease lease) {
    leasing = false;
    Endpoint target = choice.current();
    if (settled || target == null) {
      lease.release(true);
      return;
    }
    exchange.timeline().connected(now());
    exchange.phase(Phase.WAITING);
    UpstreamCall next = new UpstreamCall(this, exchange, lease);
    call = next;
    next.send(
        head.uri(),
        head.headers(target, lease.multiplexed()),
        lease.multiplexed() ? head.authority(target) : null,
        pipe);
  }

  @Override
  public void refused(Failure failure, String detail) {
    leasing = false;
    if (!settled) {
      attemptFailed(failure, detail, Outcomes.of(failure), true);
    }
  }

  /** The connection broke under the attempt, before or after the answer's head. */
  void broke(UpstreamCall broken, Throwable cause) {
    if (settled || broken != call) {
      return;
    }
    Failure failure = FailureMapper.of(cause, broken.lease());
    String detail = "the connection to " + choice.name() + " broke";
    AnswerPipe started = answer;
    if (started != null) {
      if (cause instanceof HttpClosedException && broken.lease().violation() == null) {
        // What came before the close, its end perhaps, may still wait for the client to take it.
        started.endsShort(() -> cutOff(failure, detail));
      } else {
        cutOff(failure, detail);
      }
      return;
    }
    boolean unseen = FailureMapper.refusedUnseen(cause);
    if (failure == Failure.UPSTREAM_RESET
        && broken.lease().reused()
        && retries.afterStaleConnection(unseen, deadline)) {
      endAttempt(Outcome.IGNORED);
      next();
      return;
    }
    attemptFailed(failure, detail, Outcome.FAILURE, unseen);
  }

  private void cutOff(Failure failure, String detail) {
    settle(Outcome.FAILURE);
    exchange.abandon(failure, detail);
  }

  /** The answer's head is there. */
  void answered(UpstreamCall answered, HttpClientResponse response) {
    if (settled || answered != call) {
      return;
    }
    int status = response.statusCode();
    if (retries.after(status, deadline)) {
      answered.discard(response);
      endAttempt(Outcome.FAILURE);
      nextAfter(retries.pauseNanos());
      return;
    }
    cancelTimer(attemptTimer);
    exchange.timeline().upstreamHead(now());
    AnswerPipe pipeDown = new AnswerPipe(this, exchange, plan, answered, response);
    answer = pipeDown;
    pipeDown.begin();
  }

  private void attemptFailed(Failure failure, String detail, Outcome outcome, boolean unsent) {
    if (retries.after(failure, unsent, deadline)) {
      endAttempt(outcome);
      // When nobody saw the request, another endpoint may take it: there is nothing to wait for.
      nextAfter(unsent && choice.hasAnother() ? 0 : retries.pauseNanos());
    } else {
      settle(outcome);
      exchange.answer(Reply.of(failure, detail));
    }
  }

  private void nextAfter(long delay) {
    long now = now();
    if (exchange.body().ended() && now + delay >= deadline) {
      finish(Failure.DEADLINE_EXCEEDED, "no time is left for another attempt");
      return;
    }
    exchange.phase(Phase.BACKOFF);
    if (delay <= 0) {
      next();
      return;
    }
    Timer timer = pause;
    if (timer == null) {
      timer = exchange.loop().timers().timer(this::resumed);
      pause = timer;
    }
    timer.at(now + delay);
  }

  private void resumed() {
    if (!settled) {
      next();
    }
  }

  // ---- the request's body ----

  /** The upstream wants the body: tells a client that asked (RFC 9110 §10.1.1). */
  void proceed() {
    if (!settled && answer == null && exchange.bytesIn() == 0) {
      Watched.quietly(exchange.response().writeContinue());
    }
  }

  /** The request's last byte has come: now the deadline counts. */
  void bodySent() {
    if (!settled && answer == null) {
      long timeout = head.timeoutNanos();
      deadline = now() + timeout;
      exchange.awaitHead(timeout);
    }
  }

  /** The request's body will not be complete. */
  void bodyFailed(Failure failure, String detail) {
    if (!settled) {
      cancelCall();
      settle(Outcome.IGNORED);
      exchange.answer(Reply.of(failure, detail));
    }
  }

  /** Early hints came (RFC 8297). */
  @Override
  public void handle(MultiMap hints) {
    if (!settled
        && answer == null
        && exchange.request().version() != io.vertx.core.http.HttpVersion.HTTP_1_0) {
      Watched.quietly(exchange.response().writeEarlyHints(hints));
    }
  }

  // ---- ends ----

  /** The answer is written whole. */
  void completed(int status) {
    settle(Outcomes.of(status));
    exchange.end();
  }

  /** The answer is replaced by one of the gateway's own; the upstream's is not read. */
  void replaced(int status, Reply reply) {
    cancelCall();
    settle(Outcomes.of(status));
    exchange.answer(reply);
  }

  private void finish(Failure failure, String detail) {
    cancelCall();
    settle(Outcome.FAILURE);
    exchange.answer(Reply.of(failure, detail));
  }

  private void clientLeft() {
    if (settled) {
      return;
    }
    boolean whole = exchange.body().ended();
    if (plan.completeNanos() > 0 && whole && exchange.clientGone()) {
      // The work goes on unseen, within its own bound; see the route's onClientAbort.
      exchange.goesOnUnseen();
      exchange.awaitEnd(plan.completeNanos());
      AnswerPipe started = answer;
      if (started != null) {
        started.drain();
      }
      return;
    }
    cancelCall();
    settle(Outcome.IGNORED);
    if (exchange.clientGone()) {
      exchange.end();
    }
    // Otherwise somebody cancels it, and answers the client, who is still there.
  }

  @Override
  public void expired(Wait wait) {
    if (settled) {
      return;
    }
    switch (wait) {
      case HEAD -> finish(exchange.late(), "no answer from " + choice.name() + " in time");
      case BODY -> {
        if (exchange.body().paused()) {
          finish(Failure.UPSTREAM_TIMEOUT, choice.name() + " does not take the request's body");
        } else {
          bodyFailed(Failure.REQUEST_TIMEOUT, "the body did not come in time");
        }
      }
      case IDLE -> idled();
      case TOTAL -> {
        if (answer == null) {
          finish(exchange.late(), "no answer from " + choice.name() + " in time");
          return;
        }
        cancelCall();
        settle(Outcome.IGNORED);
        exchange.answer(Reply.of(exchange.late(), "it took too long in all"));
      }
    }
  }

  private void idled() {
    AnswerPipe started = answer;
    boolean clients = started != null && started.heldBack();
    cancelCall();
    settle(clients ? Outcome.IGNORED : Outcome.FAILURE);
    exchange.answer(
        clients
            ? Reply.of(Failure.REQUEST_TIMEOUT, "the client does not take the answer")
            : Reply.of(Failure.UPSTREAM_TIMEOUT, "nothing moved for too long"));
  }

  private void attemptExpired() {
    if (settled || answer != null) {
      return;
    }
    boolean unsent = leasing;
    cancelCall();
    attemptFailed(
        Failure.UPSTREAM_TIMEOUT,
        (unsent ? "no connection to " : "no answer from ") + choice.name() + " within one attempt",
        Outcome.FAILURE,
        unsent);
  }

  private void cancelCall() {
    if (leasing) {
      leasing = false;
      shard.cancel(this);
    }
    UpstreamCall current = call;
    if (current != null) {
      current.cancel();
    }
  }

  /** Gives back what this attempt took. */
  private void endAttempt(Outcome outcome) {
    choice.end(outcome);
    if (pipe != null) {
      pipe.detach();
    }
    call = null;
    cancelTimer(attemptTimer);
  }

  /** Gives everything back, once. */
  private void settle(Outcome outcome) {
    if (settled) {
      return;
    }
    settled = true;
    choice.end(outcome);
    Permit taken = permit;
    if (taken != null) {
      permit = null;
      taken.close(outcome, now() - exchange.timeline().startNanos());
    }
    cancelTimer(attemptTimer);
    cancelTimer(pause);
  }

  private static void cancelTimer(@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  private Timer attemptTimer() {
    Timer timer = attemptTimer;
    if (timer == null) {
      timer = exchange.loop().timers().timer(this::attemptExpired);
      attemptTimer = timer;
    }
    return timer;
  }

  private long now() {
    return exchange.loop().ticker().nanos();
  }

  /**
   * The header that the answer needs so that the client comes back to this endpoint; null when it
   * does already.
   */
  @Nullable String stickyCookie() {
    Endpoint used = choice.current();
    return used == null ? null : head.stickyCookie(shard, used);
  }
}
