package dev.sluice.gateway.observe;

import dev.sluice.gateway.config.AccessLogConfig;
import dev.sluice.gateway.exchange.Exchange;
import dev.sluice.gateway.exchange.Observer;
import dev.sluice.gateway.resilience.SystemTicker;
import dev.sluice.gateway.testing.RawHttp;
import dev.sluice.gateway.testing.RunningGateway;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Measures what the observers cost an exchange; a main, not a test: run it on a quiet machine. */
final class ObserverCost {
  private static final int ROUNDS = 8;
  private static final int CALLS = 1_000_000;

  private ObserverCost() {}

  public static void main(String[] arguments) throws Exception {
    String yaml =
        "loops: 1\nlisteners: {public: {port: 0}}\n"
            + "routes:\n  - {name: hello, match: {path: /hello}, respond: {text: hello, delay: 10s}}\n";
    try (RunningGateway gateway = RunningGateway.start(yaml);
        RawHttp http = RawHttp.connect(gateway.port("public"))) {
      http.send(
          "GET /hello?name=World HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n");
      Exchange exchange = null;
      while (exchange == null) {
        exchange = first(gateway);
        Thread.onSpinWait();
      }
      RouteMeters meters = new Meters(1).route("hello");
      report("meters", meters, exchange);
      for (AccessLogConfig.Format format : AccessLogConfig.Format.values()) {
        try (AccessLog log =
            new AccessLog(format, 1, OutputStream::nullOutputStream, SystemTicker.INSTANCE)) {
          report("access log " + format, log, exchange);
        }
      }
    }
  }

  private static Exchange first(RunningGateway gateway) throws Exception {
    var loop = gateway.gateway().loops().getFirst();
    CompletableFuture<Exchange> found = new CompletableFuture<>();
    loop.context()
        .runOnContext(nothing ->
            found.complete(
                loop.inFlight().list().isEmpty() ? null : loop.inFlight().list().getFirst()));
    return found.get(5, TimeUnit.SECONDS);
  }

  private static void report(String name, Observer observer, Exchange exchange) {
    long best = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long start = SystemTicker.INSTANCE.nanos();
      for (int i = 0; i < CALLS; i++) {
        observer.ended(exchange);
      }
      best = Math.min(best, SystemTicker.INSTANCE.nanos() - start);
    }
    System.out.println(name + ": " + best / CALLS + " ns an exchange");
  }
}
