package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Watch;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.resilience.Outcome;
import dev.sluice.gateway.resilience.Timers.Timer;
import io.vertx.core.http.WebSocketBase;
import java.util.function.Consumer;

/**
 * An open WebSocket through the gateway: frames pass both ways until one side closes or falls
 * silent. Pings are answered and sent by the gateway on each leg. Confined to its loop.
 */
final class WebSocketBridge implements Watch {
  private static final long CLOSING_NANOS = 3_000_000_000L;

  private final Exchange exchange;
  private final WebSocketPlan sockets;
  private final WebSocketLeg client;
  private final WebSocketLeg server;
  private final Consumer<Outcome> settle;
  private final Timer heartbeat;
  private boolean closing;
  private boolean ended;

  /**
   * @param settle gives back what the WebSocket holds; called once
   */
  WebSocketBridge(
      Exchange exchange,
      WebSocketPlan sockets,
      WebSocketBase client,
      WebSocketBase server,
      Consumer<Outcome> settle) {
    this.exchange = exchange;
    this.sockets = sockets;
    this.client = new WebSocketLeg(this, client, sockets.maxFrameBytes());
    this.server = new WebSocketLeg(this, server, sockets.maxFrameBytes());
    this.settle = settle;
    this.heartbeat = exchange.loop().timers().timer(this::beat);
  }

  void start() {
    exchange.watch(this);
    exchange.onAbort(this::closeBoth);
    exchange.await(Wait.IDLE, sockets.idleNanos());
    heartbeat.at(now() + sockets.pingNanos());
    server.connect(client);
    client.connect(server);
  }

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
    if (ended) {
      return;
    }
    if (closing) {
      sever(client);
      sever(server);
      return;
    }
    boolean clientAlive = client.ping(sockets.misses());
    boolean serverAlive = server.ping(sockets.misses());
    if (clientAlive && serverAlive) {
      heartbeat.at(now() + sockets.pingNanos());
      return;
    }
    exchange.failed(
        clientAlive ? Failure.UPSTREAM_TIMEOUT : Failure.CLIENT_GONE,
        clientAlive ? "the upstream answers no pings" : "the client answers no pings");
    if (!clientAlive) {
      sever(client);
    }
    if (!serverAlive) {
      sever(server);
    }
    client.close(WebSocketLeg.GOING_AWAY, "the peer fell silent");
    server.close(WebSocketLeg.GOING_AWAY, "the peer fell silent");
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
    if (!closing && !ended) {
      closing = true;
      heartbeat.at(now() + CLOSING_NANOS);
    }
  }

  int closeStatus(Throwable refused) {
    return sockets.control().closeStatus(refused);
  }

  /** A leg broke without a closing handshake. */
  void broken(WebSocketLeg leg) {
    rest(leg).close(WebSocketLeg.GOING_AWAY, null);
  }

  /** A leg's connection is closed. */
  void closed(WebSocketLeg leg) {
    WebSocketLeg rest = rest(leg);
    if (!rest.isClosed()) {
      rest.close(WebSocketLeg.GOING_AWAY, null);
    }
    if (rest.isClosed() || ended) {
      end(Outcome.SUCCESS);
    }
  }

  private WebSocketLeg rest(WebSocketLeg leg) {
    return leg == client ? server : client;
  }

  @Override
  public void expired(Wait wait) {
    if (!ended) {
      exchange.failed(Failure.UPSTREAM_TIMEOUT, "nothing moved for too long");
      closeBoth();
    }
  }

  private void closeBoth() {
    client.close(WebSocketLeg.GOING_AWAY, null);
    server.close(WebSocketLeg.GOING_AWAY, null);
  }

  private void end(Outcome outcome) {
    if (!ended) {
      ended = true;
      heartbeat.cancel();
      settle.accept(outcome);
    }
    exchange.end();
  }

  private long now() {
    return exchange.loop().ticker().nanos();
  }
}
