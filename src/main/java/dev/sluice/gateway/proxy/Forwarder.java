package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Action;
import dev.sluice.gateway.exchange.Exchange;

/** The action that passes a request on to an upstream. One instance serves all loops. */
public final class Forwarder implements Action {
  private final ForwardPlan plan;
  private final Branches branches;
  private final WebSocketPlan webSockets;

  public Forwarder(ForwardPlan plan, Branches branches, WebSocketPlan webSockets) {
    this.plan = plan;
    this.branches = branches;
    this.webSockets = webSockets;
  }

  @Override
  public void serve(Exchange exchange) {
    Branches.Branch branch = branches.choose(exchange.loop().random());
    if (WebSocketHandshake.asked(exchange)) {
      new WebSocketOpening(exchange, plan, webSockets, branch).start();
    } else {
      new AttemptLoop(exchange, plan, branch).start();
    }
  }
}
