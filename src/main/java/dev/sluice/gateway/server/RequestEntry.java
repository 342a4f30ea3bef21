package dev.sluice.gateway.server;

import dev.sluice.gateway.assemble.Snapshot;
import dev.sluice.gateway.config.ListenerConfig;
import dev.sluice.gateway.exchange.Caller;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Ingress;
import dev.sluice.gateway.exchange.Loop;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.http.Admission;
import dev.sluice.gateway.http.Admission.Admitted;
import dev.sluice.gateway.http.Admission.Refused;
import dev.sluice.gateway.http.Forwarded;
import dev.sluice.gateway.http.HopByHop;
import dev.sluice.gateway.http.Reply;
import dev.sluice.gateway.http.RequestId;
import dev.sluice.gateway.http.RequestRules;
import dev.sluice.gateway.http.TraceContext;
import dev.sluice.gateway.route.RoutePassage;
import dev.sluice.gateway.server.ConnectionGate.Violation;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where requests enter: admits, matches, filters, and hands over to the route's action. Confined to
 * its loop.
 */
final class RequestEntry {
  private static final Logger LOG = LoggerFactory.getLogger(RequestEntry.class);
  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
  private static final CharSequence TRACESTATE = HttpHeaders.createOptimized("tracestate");
  private static final CharSequence TRACEPARENT = HttpHeaders.createOptimized("traceparent");

  /** What RFC 9110 §15.5.6 wants with 405 when no route was asked. */
  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

  private final Loop loop;
  private final ConnectionGate gate;
  private final RoutePassage passage = new RoutePassage();

  RequestEntry(Loop loop, ConnectionGate gate) {
    this.loop = loop;
    this.gate = gate;
  }

  long now() {
    return loop.ticker().nanos();
  }

  /** A request's head was read. */
  void handle(Listener listener, HttpServerRequest request) {
    // Taken together, once: the ingress's index means something in its own snapshot only.
    Ingress ingress = listener.ingress();
    Snapshot snapshot = listener.snapshot();
    boolean http2 = request.version() == HttpVersion.HTTP_2;
    MultiMap headers = http2 ? withoutPseudo(request.headers()) : request.headers();
    Exchange exchange = new Exchange(loop, ingress, request, headers, declaredBody(headers, http2));
    if (http2 && exchange.body().declared() < 0) {
      // Whether there is a body is known when the end of the stream was or was not in this read.
      loop.turn().defer(() -> admit(listener, snapshot, exchange));
    } else {
      admit(listener, snapshot, exchange);
    }
  }

  private void admit(Listener listener, Snapshot snapshot, Exchange exchange) {
    if (exchange.ended()) {
      return;
    }
    try {
      if (listener.worn(exchange.request())) {
        exchange.closeAfter();
      }
      enter(snapshot, exchange);
    } catch (RuntimeException bug) {
      LOG.error(
          "exchange failed id={} method={} path={}",
          exchange.requestId(),
          exchange.method(),
          exchange.path(),
          bug);
      exchange.answer(Reply.of(Failure.INTERNAL));
    }
  }

  private void enter(Snapshot snapshot, Exchange exchange) {
    HttpServerRequest request = exchange.request();
    Ingress ingress = exchange.ingress();
    boolean http2 = exchange.http2();
    MultiMap headers = exchange.requestHeaders();
    ListenerConfig.Limits limits = ingress.config().limits();
    Admission large =
        http2
            ? RequestRules.tooLarge(
                exchange.method(),
                request.uri(),
                headers,
                limits.maxRequestLine(),
                limits.maxHeaders())
            : null;
    Admission admission =
        large != null
            ? large
            : RequestRules.check(
                http2,
                request.version() == HttpVersion.HTTP_1_0,
                exchange.method(),
                request.uri(),
                http2 ? request.authority() == null ? null : request.authority().toString() : null,
                headers);
    if (admission instanceof Refused refused) {
      exchange.closeAfter();
      name(exchange, request, headers);
      exchange.answer(refusal(refused));
      return;
    }
    Admitted admitted = (Admitted) admission;
    HopByHop.stripNominated(headers);
    Caller caller = caller(ingress, request, headers);
    String trace = headers.get(TRACEPARENT);
    if (trace == null || !TraceContext.valid(trace)) {
      headers.remove(TRACESTATE); // W3C Trace Context §3.3: it goes with a trace only
      trace = null;
    }
    exchange.admit(
        admitted, caller, requestId(caller, headers), TraceContext.next(trace, loop.random()));
    passage.enter(snapshot.routes(), exchange, admitted);
  }

  /** What is refused has no target, but still a caller and a name to be found by. */
  private void name(Exchange exchange, HttpServerRequest request, MultiMap headers) {
    Caller caller = caller(exchange.ingress(), request, headers);
    exchange.admit(
        new Admitted("", null, "", "", false),
        caller,
        requestId(caller, headers),
        TraceContext.next(null, loop.random()));
  }

  private static Reply refusal(Refused refused) {
    return refused.failure() == Failure.METHOD_NOT_ALLOWED
        ? Reply.of(
            refused.failure(),
            refused.detail(),
            HttpHeaders.headers().add(HttpHeaders.ALLOW, METHODS))
        : Reply.of(refused.failure(), refused.detail());
  }

  /** A request that the decoder or the guard in front of it found broken. */
  void invalid(Listener listener, HttpServerRequest request) {
    Exchange exchange = new Exchange(loop, listener.ingress(), request, request.headers(), 0);
    exchange.closeAfter();
    name(exchange, request, request.headers());
    Violation violation = gate.violations().of(request);
    if (violation != null) {
      exchange.answer(Reply.of(violation.failure(), violation.detail()));
    } else {
      exchange.answer(Reply.of(Failure.BAD_REQUEST, "the request is malformed"));
    }
  }

  private Caller caller(Ingress ingress, HttpServerRequest request, MultiMap headers) {
    String peer = request.remoteAddress().hostAddress();
    String scheme = ingress.secure() ? "https" : "http";
    if (peer == null) {
      return new Caller("", scheme, false);
    }
    // Behind the PROXY protocol this is whom the proxy speaks for: it vouches for the address, not
    // for HTTP headers.
    if (!ingress.trusts(request.remoteAddress())) {
      return new Caller(peer, scheme, false);
    }
    return new Caller(
        Forwarded.client(headers, peer, ingress::trusts), Forwarded.scheme(headers, scheme), true);
  }

  private String requestId(Caller caller, MultiMap headers) {
    if (caller.trusted()) {
      String given = headers.get(REQUEST_ID);
      if (given != null && RequestId.valid(given)) {
        return given;
      }
    }
    return RequestId.next(loop.random());
  }

  private static long declaredBody(MultiMap headers, boolean http2) {
    String length = headers.get(HttpHeaders.CONTENT_LENGTH);
    if (length != null) {
      return parse(length);
    }
    return http2 || headers.contains(HttpHeaders.TRANSFER_ENCODING) ? -1 : 0;
  }

  private static long parse(String digits) {
    try {
      return Math.max(-1, Long.parseLong(digits));
    } catch (NumberFormatException malformed) {
      return -1; // refused by the rules before anyone reads it
    }
  }

  /** Without pseudo-headers, and with one Cookie in place of its crumbs (RFC 9113 §8.2.3). */
  private static MultiMap withoutPseudo(MultiMap headers) {
    MultiMap plain = HttpHeaders.headers();
    String cookie = null;
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey();
      if (name.equals("cookie")) {
        cookie = cookie == null ? header.getValue() : cookie + "; " + header.getValue();
      } else if (!name.startsWith(":")) {
        plain.add(name, header.getValue());
      }
    }
    if (cookie != null) {
      plain.add(HttpHeaders.COOKIE, cookie);
    }
    return plain;
  }
}
