package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Phase;
import dev.sluice.gateway.exchange.Watch;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.resilience.Breaker;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.resilience.Permit;
import dev.sluice.gateway.resilience.Timers.Timer;
import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Lease;
import dev.sluice.gateway.upstream.LeaseRequest;
import dev.sluice.gateway.upstream.PickContext;
import dev.sluice.gateway.upstream.Shard;
import dev.sluice.gateway.upstream.Upstream;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket through the gateway: the upstream accepts first, then the client is answered, then
 * frames pass both ways until one side closes or falls silent. Pings are answered and sent by the
 * gateway on each leg. Confined to its loop.
 */
final class WebSocketBridge implements LeaseRequest, PickContext, Watch {
  private static final long CLOSING_NANOS = 3_000_000_000L;
  private static final CharSequence PROTOCOL =
      HttpHeaders.createOptimized("sec-websocket-protocol");

  private final Exchange exchange;
  private final ForwardPlan plan;
  private final WebSocketPlan sockets;
  private final Upstream upstream;
  private final Shard shard;
  private final RequestHead head;
  private final @Nullable String protocols;

  private @Nullable Permit permit;
  private @Nullable Endpoint endpoint;
  private @Nullable Lease lease;
  private final Tried tried = new Tried();
  private @Nullable WebSocketLeg client;
  private @Nullable WebSocketLeg server;
  private @Nullable Timer heartbeat;
  private long attemptStart;
  private long deadline;
  private int attempt;
  private boolean leasing;
  private boolean closing;
  private boolean settled;

  WebSocketBridge(
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
  }

  void start() {
    if (!WebSocketHandshake.wellFormed(exchange.requestHeaders())) {
      settled = true;
      MultiMap headers = HttpHeaders.headers().add("sec-websocket-version", "13"); // RFC 6455 §4.4
      exchange.answer(
          Reply.of(Failure.BAD_REQUEST, "the WebSocket handshake is malformed", headers));
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
    exchange.request().pause(); // an ended request cannot become a WebSocket
    exchange.watch(this);
    exchange.onAbort(this::aborted);
    exchange.timeline().forward(now());
    deadline = now() + plan.timeoutNanos();
    exchange.awaitHead(plan.timeoutNanos());
    next();
  }

  private void next() {
    Endpoint picked = shard.pick(this);
    if (picked == null) {
      fail(
          shard.unavailable(),
          "no endpoint of upstream " + upstream.name() + " can be used",
          Outcome.FAILURE);
      return;
    }
    attempt++;
    endpoint = picked;
    exchange.attempt(upstream.name(), picked.label());
    exchange.phase(Phase.CONNECTING);
    attemptStart = now();
    picked.begin();
    leasing = true;
    shard.reserve(picked, deadline, this);
  }

  @Override
  public void granted(Lease granted) {
    leasing = false;
    Endpoint target = endpoint;
    if (settled || target == null) {
      granted.release(false);
      return;
    }
    lease = granted;
    MultiMap headers = head.headers(target, false);
    WebSocketConnectOptions options =
        new WebSocketConnectOptions()
            .setSubProtocols(protocols == null ? List.of() : List.of(protocols.split("\\s*,\\s*")))
            .setAllowOriginHeader(headers.contains(HttpHeaders.ORIGIN));
    options
        .setServer(target.address())
        .setHost(target.address().host())
        .setPort(target.address().port())
        .setURI(head.uri())
        .setHeaders(headers);
    shard
        .webSockets()
        .connect(options)
        .onComplete((socket, cause) -> {
          if (socket != null) {
            connected(socket);
          } else {
            refused(cause);
          }
        });
  }

  private void connected(WebSocket socket) {
    socket.pause();
    if (settled) {
      sockets.control().abort(socket);
      return;
    }
    sockets.control().checkText(socket);
    exchange.timeline().upstreamHead(now());
    WebSocketLeg toServer = new WebSocketLeg(this, socket, sockets.maxFrameBytes());
    server = toServer;
    MultiMap asked = exchange.request().headers();
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
        .onComplete((accepted, cause) -> {
          if (accepted != null) {
            bridge(accepted, toServer);
          } else {
            end(Outcome.IGNORED);
          }
        });
  }

  private void bridge(ServerWebSocket accepted, WebSocketLeg toServer) {
    accepted.pause();
    sockets.control().checkText(accepted);
    WebSocketLeg toClient = new WebSocketLeg(this, accepted, sockets.maxFrameBytes());
    client = toClient;
    settlePermit(Outcome.SUCCESS);
    if (settled) {
      toClient.close(WebSocketLeg.GOING_AWAY, null);
      return;
    }
    exchange.await(Wait.IDLE, sockets.idleNanos());
    heartbeat = exchange.loop().timers().timer(this::beat);
    heartbeat.at(now() + sockets.pingNanos());
    toServer.connect(toClient);
    toClient.connect(toServer);
  }

  @Override
  public void refused(Failure failure, String detail) {
    leasing = false;
    if (!settled) {
      attemptFailed(failure, detail);
    }
  }

  private void refused(Throwable cause) {
    if (settled) {
      return;
    }
    if (cause instanceof UpgradeRejectedException rejected) {
      passRejection(rejected);
    } else {
      attemptFailed(
          shard.connectFailure(cause),
          "the WebSocket to " + exchange.endpoint() + " could not be opened");
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
    finish(status >= 500 && status != 501 ? Outcome.FAILURE : Outcome.SUCCESS);
    if (status < 200 || status > 599) {
      exchange.answer(
          Reply.of(
              Failure.UPSTREAM_PROTOCOL_ERROR,
              "the upstream's answer to the upgrade makes no sense"));
    } else {
      exchange.answer(Reply.of(status, headers, body));
    }
  }

  private void attemptFailed(Failure failure, String detail) {
    boolean again =
        failure.retry() == dev.sluice.gateway.failure.Retry.UNSENT
            && plan.retry().connectFailure()
            && attempt < plan.retry().attempts()
            && now() < deadline;
    if (!again) {
      fail(failure, detail, Outcome.FAILURE);
      return;
    }
    Endpoint used = endpoint;
    if (used != null) {
      used.end(Outcome.FAILURE, now() - attemptStart);
      tried.add(used);
      endpoint = null;
    }
    releaseLease();
    next();
  }

  private void fail(Failure failure, String detail, Outcome outcome) {
    finish(outcome);
    exchange.answer(Reply.of(failure, detail));
  }

  // ---- while it is open ----

  /** Runs {@code task} at the end of the event loop's turn. */
  void defer(Runnable task) {
    exchange.loop().turn().defer(task);
  }

  /** Frames went over a leg. */
  void moved(WebSocketLeg from, int bytes) {
    exchange.touch();
    if (from == server) {
      exchange.sent(bytes);
    } else {
      exchange.received(bytes);
    }
  }

  private void beat() {
    WebSocketLeg toClient = client;
    WebSocketLeg toServer = server;
    Timer timer = heartbeat;
    if (settled || toClient == null || toServer == null || timer == null) {
      return;
    }
    if (closing) {
      sever(toClient);
      sever(toServer);
      return;
    }
    boolean clientAlive = toClient.ping(sockets.misses());
    boolean serverAlive = toServer.ping(sockets.misses());
    if (clientAlive && serverAlive) {
      timer.at(now() + sockets.pingNanos());
      return;
    }
    exchange.failed(
        clientAlive ? Failure.UPSTREAM_TIMEOUT : Failure.CLIENT_GONE,
        clientAlive ? "the upstream answers no pings" : "the client answers no pings");
    sever(clientAlive ? toServer : toClient);
    sever(clientAlive && serverAlive ? toServer : serverAlive ? toClient : toServer);
    toClient.close(WebSocketLeg.GOING_AWAY, "the peer fell silent");
    toServer.close(WebSocketLeg.GOING_AWAY, "the peer fell silent");
    end(serverAlive ? Outcome.IGNORED : Outcome.FAILURE);
  }

  private void sever(WebSocketLeg leg) {
    if (!leg.isClosed()) {
      sockets.control().abort(leg.socket());
    }
  }

  /**
   * A closing handshake has begun: it gets its time, since a peer that reads nothing would never
   * end it.
   */
  void closing() {
    Timer timer = heartbeat;
    if (!closing && timer != null) {
      closing = true;
      timer.at(now() + CLOSING_NANOS);
    }
  }

  int closeStatus(Throwable refused) {
    return sockets.control().closeStatus(refused);
  }

  /** A leg broke without a closing handshake. */
  void broken(WebSocketLeg leg) {
    WebSocketLeg rest = leg == client ? server : client;
    if (rest != null) {
      rest.close(WebSocketLeg.GOING_AWAY, null);
    }
  }

  /** A leg's connection is closed. */
  void closed(WebSocketLeg leg) {
    WebSocketLeg rest = leg == client ? server : client;
    if (rest != null && !rest.isClosed()) {
      rest.close(WebSocketLeg.GOING_AWAY, null);
    }
    if (rest == null || rest.isClosed() || settled) {
      end(Outcome.SUCCESS);
    }
  }

  @Override
  public void expired(Wait wait) {
    if (settled) {
      return;
    }
    if (wait == Wait.HEAD) {
      fail(Failure.DEADLINE_EXCEEDED, "the WebSocket was not opened in time", Outcome.FAILURE);
    } else {
      exchange.failed(Failure.UPSTREAM_TIMEOUT, "nothing moved for too long");
      closeBoth();
    }
  }

  private void aborted() {
    if (client != null) {
      closeBoth();
    } else if (!settled) {
      finish(Outcome.IGNORED);
      if (exchange.clientGone()) {
        exchange.end();
      }
    }
  }

  private void closeBoth() {
    if (client != null) {
      client.close(WebSocketLeg.GOING_AWAY, null);
    }
    if (server != null) {
      server.close(WebSocketLeg.GOING_AWAY, null);
    }
  }

  private void end(Outcome outcome) {
    finish(outcome);
    exchange.end();
  }

  /** Gives everything back, once. */
  private void finish(Outcome outcome) {
    if (settled) {
      return;
    }
    settled = true;
    if (leasing) {
      leasing = false;
      shard.cancel(this);
    }
    Endpoint used = endpoint;
    if (used != null) {
      endpoint = null;
      used.end(outcome, now() - attemptStart);
    }
    settlePermit(outcome);
    releaseLease();
    if (heartbeat != null) {
      heartbeat.cancel();
    }
    WebSocketLeg open = server;
    if (open != null && client == null) {
      sockets.control().abort(open.socket());
    }
  }

  private void settlePermit(Outcome outcome) {
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
      taken.release(false);
    }
  }

  private long now() {
    return exchange.loop().ticker().nanos();
  }

  @Override
  public @Nullable String hashKey() {
    return head.hashKey();
  }

  @Override
  public @Nullable String sticky() {
    return head.sticky();
  }

  @Override
  public boolean tried(Endpoint candidate) {
    return tried.contains(candidate);
  }
}
