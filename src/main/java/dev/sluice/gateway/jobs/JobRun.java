package dev.sluice.gateway.jobs;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.failure.Failure;
import dev.sluice.gateway.jobs.api.Content;
import dev.sluice.gateway.offload.Kind;
import dev.sluice.gateway.offload.Offload;
import dev.sluice.gateway.offload.Task;
import dev.sluice.gateway.offload.TaskRun;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a job: reads the input, does the work, writes the result, on its pool. Any thread. */
final class JobRun {
  private static final Logger LOG = LoggerFactory.getLogger(JobRun.class);

  /** An input up to this length is read on an event loop. */
  private static final int SMALL_BYTES = 64 << 10;

  private final Offload offload;
  private final JobPlan plan;
  private final String id;
  private final Content input;
  private final long maxResult;
  private final UpstreamCalls calls;
  private final TaskRun<Content> run;
  private volatile double progress;

  private JobRun(
      Offload offload, JobPlan plan, String id, Content input, Bounds bounds, UpstreamCalls calls) {
    this.offload = offload;
    this.plan = plan;
    this.id = id;
    this.input = input;
    this.maxResult = bounds.maxResult();
    this.calls = calls;
    Task<Content> task =
        plan.kind() == Kind.LOOP
            ? Task.onLoop(plan.name(), this::later)
            : new Task<>(plan.kind(), plan.name(), this::now);
    this.run = offload.submit(task, bounds.deadlineNanos());
  }

  /**
   * What a run has to keep.
   *
   * @param deadlineNanos on the ticker
   * @param maxResult bytes of its result
   */
  record Bounds(long deadlineNanos, long maxResult) {}

  static JobRun start(
      Offload offload, JobPlan plan, String id, Content input, Bounds bounds, UpstreamCalls calls) {
    return new JobRun(offload, plan, id, input, bounds, calls);
  }

  /**
   * What came of it, once it has really ended; fails with {@link Failed} only. On the event loop
   * that started it, if one did.
   */
  Future<Content> outcome() {
    return run.future()
        .onComplete(done -> calls.close())
        .recover(cause -> Future.failedFuture(failed(cause)));
  }

  /** Whether it ever began; its pool may have had no place for it. */
  boolean began() {
    return run.began();
  }

  /** Gives it up. */
  void cancel(Failure failure, String why) {
    run.cancel(failure, why);
  }

  /** How far it is, 0 to 1. */
  double progress() {
    return progress;
  }

  private RunContext context(TaskRun<Content> self) {
    return new RunContext(
        plan,
        id,
        offload,
        self,
        calls,
        maxResult,
        share -> {
          if (share > progress) {
            progress = Math.min(1, share);
          }
        });
  }

  private Content now(TaskRun<Content> self) throws Exception {
    Object read = plan.read(input);
    return written(plan.codec().job().run(read, context(self)));
  }

  private Future<Content> later(TaskRun<Content> self) throws Exception {
    RunContext here = context(self);
    if (plan.codec().raw() || input.bytes().length <= SMALL_BYTES) {
      return begun(plan.read(input), here);
    }
    return offload
        .submit(
            new Task<>(Kind.CPU, plan.name() + " input", part -> plan.read(input)),
            self.deadlineNanos(),
            self)
        .future()
        .compose(read -> {
          try {
            return begun(read, here);
          } catch (Exception thrown) {
            return Future.failedFuture(thrown);
          }
        });
  }

  private Future<Content> begun(Object read, RunContext here) throws Exception {
    if (plan.codec().job().run(read, here) instanceof Future<?> future) {
      return future.map(this::written);
    }
    throw new IllegalStateException("a job of kind loop gives a Future");
  }

  private Content written(@Nullable Object output) {
    Content content = plan.codec().write(output);
    if (content.type().chars().anyMatch(c -> c < ' ' || c > '~')) {
      throw new IllegalStateException("the type of the result is no media type");
    }
    if (content.bytes().length > maxResult) {
      throw new Failed(
          Failure.ANSWER_TOO_LARGE, "the result is larger than " + maxResult + " bytes");
    }
    return content;
  }

  private Failed failed(Throwable cause) {
    if (cause instanceof Failed own) {
      return own;
    }
    LOG.error("event=job_failed job={} id={}", plan.name(), id, cause);
    return new Failed(Failure.JOB_FAILED, "job " + plan.name() + " failed");
  }
}
