package dev.sluice.gateway.assemble;

import dev.sluice.gateway.exchange.Dispatch;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.InnerCall;
import dev.sluice.gateway.http.Admission;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Admission.Refused;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.http.RequestRules;
import dev.sluice.gateway.http.TraceContext;
import dev.sluice.gateway.route.RoutePassage;
import dev.sluice.gateway.route.RouteTable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Routes the requests that an exchange makes in itself through the table that it is served by
 * itself. The table holds the actions that hold this, so it is set once all are made.
 */
final class InnerRouting implements Dispatch {
  private final AtomicReference<@Nullable RouteTable> routes = new AtomicReference<>();

  /** The table is there. */
  void routes(RouteTable table) {
    routes.set(table);
  }

  @Override
  public void serve(InnerCall call) {
    Exchange exchange = call.exchange();
    Exchange outer = call.outer();
    String target = exchange.request().uri();
    Admission admission =
        RequestRules.check(
            true, false, exchange.method(), target, outer.authority(), exchange.requestHeaders());
    Admitted admitted =
        admission instanceof Admitted good ? good : new Admitted("", null, "", "", false);
    exchange.admit(
        admitted,
        outer.caller(),
        outer.requestId(),
        TraceContext.next(outer.traceparent(), outer.loop().random()));
    RouteTable table = routes.get();
    if (admission instanceof Refused refused) {
      exchange.answer(Reply.of(refused.failure(), refused.detail()));
    } else if (table == null) {
      throw new IllegalStateException("no routes yet");
    } else {
      HopByHop.stripNominated(exchange.requestHeaders());
      new RoutePassage().enter(table, exchange, admitted);
    }
  }
}
