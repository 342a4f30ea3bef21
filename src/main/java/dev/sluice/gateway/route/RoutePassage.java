package dev.sluice.gateway.route;

import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.filter.FilterChain;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Reply;
import io.vertx.core.http.HttpHeaders;

/**
 * Brings an admitted exchange to its route: finds it, runs its filters, then its action; answers
 * 404 and 405. Confined to a loop.
 */
public final class RoutePassage {
  private final RouteLookup lookup = new RouteLookup();

  /** Takes an exchange for which {@link Exchange#admit} was called. */
  public void enter(RouteTable routes, Exchange exchange, Admitted target) {
    int listener = exchange.ingress().index();
    lookup.ask(
        listener,
        target.host(),
        target.path(),
        exchange.method(),
        exchange.requestHeaders(),
        target.query());
    routes.match(lookup);
    Route route = lookup.route();
    if (route == null) {
      unrouted(exchange);
      return;
    }
    FilterChain chain = route.chain(listener);
    exchange.route(route, lookup.values(), chain);
    if (target.encodedSlash() && !route.config().encodedSlash()) {
      exchange.answer(
          Reply.of(
              Failure.BAD_REQUEST,
              "an encoded slash or a backslash in the path is not taken here"));
      return;
    }
    chain.run(exchange, route.action());
  }

  private void unrouted(Exchange exchange) {
    String allow = lookup.allow();
    if (allow == null) {
      exchange.answer(
          Reply.of(
              Failure.NO_ROUTE, "no route takes " + exchange.method() + " " + exchange.path()));
    } else {
      exchange.answer(
          Reply.of(
              Failure.METHOD_NOT_ALLOWED,
              exchange.method() + " is not taken here",
              HttpHeaders.headers().add(HttpHeaders.ALLOW, allow)));
    }
  }
}
