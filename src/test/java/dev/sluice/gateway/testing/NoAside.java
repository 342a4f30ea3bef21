package dev.sluice.gateway.testing;

import dev.sluice.gateway.exchange.Aside;
import io.vertx.core.Future;
import java.util.concurrent.Callable;

/** For loops of tests that have no workers. */
public final class NoAside implements Aside {
  @Override
  public <R> Future<R> run(String what, Callable<R> code) {
    return Future.failedFuture(new AssertionError("there are no workers here"));
  }
}
