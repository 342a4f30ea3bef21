package dev.sluice.gateway;

import dev.sluice.gateway.exchange.Aside;
import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Offload;
import dev.sluice.gateway.offload.Task;
import io.vertx.core.Future;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes what is too much for a loop to the pool that computes. The loops are there before the pool.
 */
final class NodeAside implements Aside {
  private static final long AT_MOST_NANOS = TimeUnit.SECONDS.toNanos(30);

  private volatile @Nullable Offload offload;

  void to(Offload pools) {
    offload = pools;
  }

  @Override
  public <R> Future<R> run(String what, Callable<R> code) {
    Offload pools = offload;
    if (pools == null) {
      return Future.failedFuture(new Failed(Failure.JOB_REJECTED, "the gateway is starting"));
    }
    return pools
        .submit(
            new Task<R>(Kind.CPU, what, self -> code.call()),
            pools.ticker().nanos() + AT_MOST_NANOS)
        .future();
  }
}
