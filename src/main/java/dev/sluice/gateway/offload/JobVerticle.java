package dev.sluice.gateway.offload;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.function.Consumer;

/**
 * A worker: does the tasks that are sent to its address, one at a time, on a thread of its own
 * kind. Its pool sends the next one when it is free, so that none waits behind a long one while
 * other workers have nothing to do.
 */
final class JobVerticle extends VerticleBase {
  private static final DeliveryOptions LOCAL =
      new DeliveryOptions().setLocalOnly(true).setCodecName(TaskCodec.NAME);

  private final String address;
  private final boolean background;
  private final Consumer<Worker> started;

  /**
   * @param background whether its thread steps back for others
   * @param started told on this worker's thread that it takes tasks
   */
  JobVerticle(String address, boolean background, Consumer<Worker> started) {
    this.address = address;
    this.background = background;
    this.started = started;
  }

  @Override
  public Future<?> start() {
    vertx.eventBus().<TaskRun<?>>localConsumer(address, message -> work(message.body()));
    started.accept(run -> vertx.eventBus().send(address, run, LOCAL));
    return Future.succeededFuture();
  }

  private void work(TaskRun<?> run) {
    if (background) {
      Background.enter();
    }
    run.run();
  }
}
