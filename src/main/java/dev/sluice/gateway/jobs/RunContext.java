package dev.sluice.gateway.jobs;

import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.JobContext;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Offload;
import dev.sluice.gateway.offload.Task;
import dev.sluice.gateway.offload.TaskRun;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
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
    return self.await(future);
  }
}
