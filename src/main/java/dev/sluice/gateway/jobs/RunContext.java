package dev.sluice.gateway.jobs;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Offload;
import dev.sluice.gateway.offload.Task;
import dev.sluice.gateway.offload.TaskRun;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/** What a job sees of its run. Any thread. */
final class RunContext implements JobContext {
  private final JobPlan plan;
  private final String id;
  private final Offload offload;
  private final TaskRun<?> self;
  private final UpstreamCalls calls;
  private final long maxResult;
  private final DoubleConsumer progress;

  RunContext(
      JobPlan plan,
      String id,
      Offload offload,
      TaskRun<?> self,
      UpstreamCalls calls,
      long maxResult,
      DoubleConsumer progress) {
    this.plan = plan;
    this.id = id;
    this.offload = offload;
    this.self = self;
    this.calls = calls;
    this.maxResult = maxResult;
    this.progress = progress;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Map<String, @Nullable Object> settings() {
    return plan.settings();
  }

  @Override
  public long maxResult() {
    return maxResult;
  }

  @Override
  public Duration left() {
    return Duration.ofNanos(Math.max(0, self.deadlineNanos() - offload.ticker().nanos()));
  }

  @Override
  public boolean cancelled() {
    return self.cancelled();
  }

  @Override
  public void onCancel(Runnable handler) {
    self.onCancel(handler);
  }

  @Override
  public void progress(double share) {
    progress.accept(share);
  }

  @Override
  public <R> Part<R> start(Kind kind, Callable<R> work) {
    if (kind == Kind.LOOP) {
      throw new IllegalArgumentException("a part is of kind CPU or BLOCKING");
    }
    TaskRun<R> part =
        offload.submit(
            new Task<>(kind, plan.name() + " part", inner -> work.call()),
            self.deadlineNanos(),
            self);
    return new OwnPart<>(part);
  }

  private record OwnPart<R>(TaskRun<R> run) implements Part<R> {
    @Override
    public R await() throws Exception {
      return run.await();
    }

    @Override
    public Future<R> future() {
      return run.future();
    }

    @Override
    public void cancel() {
      run.cancel(Failure.CANCELLED, "its job gave it up");
    }
  }

  @Override
  public Future<Answer> call(String upstream, Call call) {
    return calls.call(upstream, call, self);
  }

  @Override
  public <R> R await(Future<R> future) throws Exception {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException("waiting would hold an event loop: use the future");
    }
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(Math.max(1, left().toNanos()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    } catch (TimeoutException late) {
      throw new Failed(Failure.DEADLINE_EXCEEDED, "job " + plan.name() + " took too long");
    }
  }
}
