package dev.sluice.gateway.offload;

import io.vertx.core.Future;

/**
 * One piece of work to be done away from whoever asks for it.
 *
 * @param name what it is, for logs and metrics; one of few
 */
public record Task<R>(Kind kind, String name, Code<R> code) {
  /** What is done. */
  @FunctionalInterface
  public interface Code<R> {
    /**
     * Runs on a thread of its kind's pool.
     *
     * @param self the task under way, for parts of it
     */
    R run(TaskRun<R> self) throws Exception;
  }

  /** What is done on an event loop. */
  @FunctionalInterface
  public interface LoopCode<R> {
    /** Returns at once; the future's outcome is the task's. */
    Future<R> run(TaskRun<R> self) throws Exception;
  }

  /** A task for an event loop. */
  @SuppressWarnings("unchecked") // whoever runs it takes the future's outcome for the result
  public static <R> Task<R> onLoop(String name, LoopCode<R> code) {
    return new Task<>(Kind.LOOP, name, self -> (R) code.run(self));
  }
}
