package dev.sluice.gateway.testing;

import dev.sluice.gateway.upstream.Endpoint;
import dev.sluice.gateway.upstream.Upstream;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What a running gateway says of itself through its admin API, and bounded waits for it. */
public final class Gauges {
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(8);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private Gauges() {}

  /** Exchanges that have begun and not ended. */
  public static int exchanges(RunningGateway gateway) {
    return new JsonArray(ask(gateway, "/exchanges")).size();
  }

  /** Attempts under way at all endpoints of all upstreams. */
  public static int attempts(RunningGateway gateway) {
    int sum = 0;
    for (Upstream upstream : gateway.gateway().current().upstreams().values()) {
      for (Endpoint endpoint : upstream.endpoints()) {
        sum += endpoint.active();
      }
    }
    return sum;
  }

  /** Waits until nothing is under way: no exchange, no attempt. */
  public static void settled(RunningGateway gateway) {
    try {
      until(
          "an exchange or an attempt is left",
          () -> exchanges(gateway) == 0 && attempts(gateway) == 0);
    } catch (AssertionError left) {
      throw new AssertionError(
          left.getMessage()
              + ": "
              + attempts(gateway)
              + " attempts, "
              + ask(gateway, "/exchanges"));
    }
  }

  /** Waits until it is so; fails when it does not become so. */
  public static void until(String otherwise, BooleanSupplier condition) {
    until(otherwise, WAIT_NANOS, condition);
  }

  /** The same for what takes its seconds even when all is well. */
  public static void until(String otherwise, int seconds, BooleanSupplier condition) {
    until(otherwise, TimeUnit.SECONDS.toNanos(seconds), condition);
  }

  private static void until(String otherwise, long nanos, BooleanSupplier condition) {
    long end = System.nanoTime() + nanos;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(otherwise);
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** The body of a GET at the admin API. */
  public static String ask(RunningGateway gateway, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
            .build();
    try {
      return CLIENT.send(request, BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
