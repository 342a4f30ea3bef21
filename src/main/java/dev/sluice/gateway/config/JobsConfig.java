package dev.sluice.gateway.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Work off the event loops: the pools, and how asynchronous jobs are kept.
 *
 * @param position file:line:column, for messages
 * @param path where asynchronous jobs are asked for
 * @param store the database that keeps them; null for memory
 * @param use names of policies that guard {@code path}
 * @param keep how long an ended job and its result are kept
 * @param backlog jobs that may wait or run, over all nodes of a store
 * @param maxInput bytes of a job's input
 * @param maxResult bytes of a job's result
 * @param plugins folder of users' jars; null for {@code plugins} beside the launcher
 */
public record JobsConfig(
    String position,
    String path,
    @Nullable String store,
    List<String> use,
    Duration keep,
    int backlog,
    long maxInput,
    long maxResult,
    @Nullable Path plugins,
    Cpu cpu,
    Blocking blocking,
    Loop loop) {
  public JobsConfig {
    use = List.copyOf(use);
  }

  /**
   * Threads that compute.
   *
   * @param threads 0 is one a core
   * @param queue tasks that may wait
   * @param background whether the event loops always go first
   */
  public record Cpu(int threads, int queue, boolean background) {}

  /**
   * Threads that block.
   *
   * @param virtual whether they are virtual
   * @param max how many at once
   * @param queue tasks that may wait
   */
  public record Blocking(boolean virtual, int max, int queue) {}

  /**
   * Jobs that wait without a thread.
   *
   * @param max how many at once
   * @param queue jobs that may wait
   */
  public record Loop(int max, int queue) {}

  JobsConfig at(String where) {
    return new JobsConfig(
        where, path, store, use, keep, backlog, maxInput, maxResult, plugins, cpu, blocking, loop);
  }

  /** What a restart is needed for: all but the paths. */
  public JobsConfig fixed() {
    return new JobsConfig(
        "", "", store, List.of(), keep, backlog, maxInput, maxResult, plugins, cpu, blocking, loop);
  }
}
