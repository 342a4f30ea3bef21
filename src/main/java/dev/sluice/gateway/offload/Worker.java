package dev.sluice.gateway.offload;

/** One place of a pool. */
@FunctionalInterface
interface Worker {
  /** Begins a task, which tells its pool when it has ended. Any thread; returns at once. */
  void take(TaskRun<?> run);
}
