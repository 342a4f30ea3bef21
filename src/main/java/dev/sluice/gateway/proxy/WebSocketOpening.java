package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Watch;
import dev.sluice.gateway.exchange.Watched;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.resilience.Permit;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Lease;
import dev.sluice.gateway.upstream.LeaseRequest;
import dev.sluice.gateway.upstream.Shard;
import dev.sluice.gateway.upstream.Upstream;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens a WebSocket through the gateway: an endpoint accepts first, then the client is answered,
 * then a {@link WebSocketBridge} joins both. Everything that it took is given back in {@link
 * #settle}, once. Confined to its loop.
 */
final class WebSocketOpening implements LeaseRequest, Watch {
  private static final CharSequence PROTOCOL =
      HttpHeaders.createOptimized("sec-websocket-protocol");

  private final Exchange exchange;
  private final ForwardPlan plan;
  private final WebSocketPlan sockets;
  private final Upstream upstream;
  private final Shard shard;
  private final RequestHead head;
  private final EndpointChoice choice;
  private final Retries retries;
  private final @Nullable String protocols;

  private @Nullable Permit permit;
  private @Nullable Lease lease;
  private @Nullable WebSocket unjoined;
  private long deadline;
  private boolean leasing;
  private boolean joined;
  private boolean settled;

  WebSocketOpening(
      Exchange exchange, ForwardPlan plan, WebSocketPlan sockets, Branches.Branch branch) {
    this.exchange = exchange;
    this.plan = plan;
    this.sockets = sockets;
    this.upstream = branch.upstream();
    this.shard = upstream.shard(exchange.loop().index());
    this.protocols = exchange.requestHeaders().get(PROTOCOL);
    // The client's own handshake headers stay where they are: the answer to it is made from them.
    MultiMap headers = HttpHeaders.headers().addAll(exchange.requestHeaders());
    WebSocketHandshake.strip(headers);
    this.head = new RequestHead(exchange, plan, upstream.config(), headers);
    this.choice = new EndpointChoice(exchange, upstream, head);
    this.retries = new Retries(exchange, plan.retry(), branch.budget(), null);
  }

  void start() {
    String fault = WebSocketHandshake.fault(exchange);
    if (fault != null) {
      settled = true;
      MultiMap headers = HttpHeaders.headers().add("sec-websocket-version", "13"); // RFC 6455 §4.4
      exchange.answer(Reply.of(Failure.BAD_REQUEST, fault, headers));
      return;
    }
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
    exchange.request().pause(); // an ended request cannot become a WebSocket
    exchange.watch(this);
    exchange.onAbort(this::aborted);
    exchange.timeline().forward(now());
    deadline = now() + plan.timeoutNanos();
    exchange.awaitHead(plan.timeoutNanos());
    next();
  }

  private void next() {
    Endpoint picked = choice.next();
    if (picked == null) {
      fail(shard.unavailable(), "no endpoint of upstream " + upstream.name() + " can be used");
      return;
    }
    leasing = true;
    shard.leaseOwn(picked, deadline, this);
  }

  @Override
  public void granted(Lease granted) {
    leasing = false;
    Endpoint target = choice.current();
    if (settled || target == null) {
      granted.release(false);
      return;
    }
    lease = granted;
    exchange.timeline().connected(now());
    exchange.phase(Phase.WAITING);
    granted.expect("GET");
    SocketControl.Terms terms =
        new SocketControl.Terms(
            protocols == null ? List.of() : List.of(protocols.split("\\s*,\\s*")),
            sockets.maxFrameBytes());
    sockets
        .control()
        .upgrade(granted.connection(), head.uri(), head.headers(target, false), terms)
        .onComplete((socket, cause) -> {
          if (settled || lease != granted) {
            return; // the lease, and the connection with it, is given back
          }
          if (socket != null) {
            connected(socket);
          } else {
            notOpened(cause, granted);
          }
        });
  }

  private void connected(WebSocket socket) {
    socket.pause();
    sockets.control().checkText(socket);
    unjoined = socket;
    exchange.timeline().upstreamHead(now());
    MultiMap asked = exchange.request().headers();
    asked.set(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE); // Vert.x reads the first line only
    String chosen = socket.subProtocol();
    if (chosen != null && !chosen.isEmpty()) {
      asked.set(PROTOCOL, chosen);
    } else {
      asked.remove(PROTOCOL);
    }
    exchange.response().setStatusCode(101);
    MultiMap answered = socket.headers();
    HopByHop.strip(answered);
    WebSocketHandshake.strip(answered);
    exchange.response().headers().addAll(answered);
    exchange.beforeHead();
    exchange
        .request()
        .toWebSocket()
        .onComplete((client, cause) -> {
          if (client != null) {
            join(client, socket);
          } else {
            settle(Outcome.IGNORED);
            exchange.end();
          }
        });
  }

  private void join(ServerWebSocket client, WebSocket server) {
    client.pause();
    closePermit(Outcome.SUCCESS);
    if (settled) {
      Watched.quietly(client.close(WebSocketLeg.GOING_AWAY));
      return;
    }
    sockets.control().checkText(client);
    unjoined = null;
    joined = true;
    new WebSocketBridge(exchange, sockets, client, server, this::settle).start();
  }

  @Override
  public void refused(Failure failure, String detail) {
    leasing = false;
    if (!settled) {
      attemptFailed(failure, detail, true);
    }
  }

  private void notOpened(Throwable cause, Lease used) {
    if (cause instanceof UpgradeRejectedException rejected) {
      passRejection(rejected);
    } else {
      attemptFailed(
          FailureMapper.of(cause, used),
          "the WebSocket to " + choice.name() + " could not be opened",
          false);
    }
  }

  /** The upstream answered with something other than 101: that is the client's answer. */
  private void passRejection(UpgradeRejectedException rejected) {
    int status = rejected.getStatus();
    MultiMap headers = HttpHeaders.headers();
    if (rejected.getHeaders() != null) {
      headers.addAll(rejected.getHeaders());
      HopByHop.strip(headers);
      headers.remove(HttpHeaders.CONTENT_LENGTH);
    }
    Buffer body = rejected.getBody();
    settle(Outcomes.of(status));
    if (status < 200 || status > 599) {
      exchange.answer(
          Reply.of(
              Failure.UPSTREAM_PROTOCOL_ERROR,
              "the upstream's answer to the upgrade makes no sense"));
    } else {
      exchange.answer(Reply.of(status, headers, body));
    }
  }

  private void attemptFailed(Failure failure, String detail, boolean unsent) {
    if (retries.after(failure, unsent, deadline)) {
      choice.end(Outcomes.of(failure));
      releaseLease();
      next();
    } else {
      fail(failure, detail);
    }
  }

  private void fail(Failure failure, String detail) {
    settle(Outcomes.of(failure));
    exchange.answer(Reply.of(failure, detail));
  }

  @Override
  public void expired(Wait wait) {
    if (!settled) {
      fail(Failure.DEADLINE_EXCEEDED, "the WebSocket was not opened in time");
    }
  }

  private void aborted() {
    if (!settled) {
      settle(Outcome.IGNORED);
      if (exchange.clientGone()) {
        exchange.end();
      }
    }
  }

  /** Gives everything back, once. */
  private void settle(Outcome outcome) {
    if (settled) {
      return;
    }
    settled = true;
    if (leasing) {
      leasing = false;
      shard.cancel(this);
    }
    choice.end(outcome);
    closePermit(outcome);
    releaseLease();
    WebSocket open = unjoined;
    if (open != null) {
      sockets.control().abort(open);
    }
  }

  private void closePermit(Outcome outcome) {
    Permit taken = permit;
    if (taken != null) {
      permit = null;
      taken.close(outcome);
    }
  }

  private void releaseLease() {
    Lease taken = lease;
    if (taken != null) {
      lease = null;
      taken.release(joined);
    }
  }

  private long now() {
    return exchange.loop().ticker().nanos();
  }
}
