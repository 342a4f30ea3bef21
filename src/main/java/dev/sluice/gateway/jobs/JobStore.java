package dev.sluice.gateway.jobs;

import dev.sluice.gateway.jobs.JobState.Fault;
import dev.sluice.gateway.jobs.JobState.Stage;
import dev.sluice.gateway.jobs.api.Content;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps asynchronous jobs from their acceptance to some time after their end. A job belongs to one
 * node while it runs; only that one can end it. Any event loop; futures fail with {@link
 * dev.sluice.gateway.failure.Failed}.
 */
interface JobStore {
  /**
   * A job to be kept.
   *
   * @param key says that two submissions are one; null for none
   * @param digest of its input, to tell whether they really are
   */
  record Submission(
      String id, String route, String name, Content input, @Nullable String key, String digest) {}

  /**
   * The right to run a job, once.
   *
   * @param run counts its runs, so that one that was lost cannot end the next
   */
  record Claim(String id, int run) {}

  /** A job to be run. */
  record Taken(Claim claim, String route, Content input) {}

  /**
   * How a job ended.
   *
   * @param result only of one that is done
   * @param fault only of one that failed
   */
  record Ending(Stage stage, @Nullable Content result, @Nullable Fault fault) {}

  /**
   * Keeps a job, unless one of the same key is there.
   *
   * @return the id of the job that is there now; fails with {@code JOB_REJECTED} when there are too
   *     many, {@code CONFLICT} when the key came with another input
   */
  Future<String> add(Submission job);

  /** Takes jobs of these routes to run them here: the oldest, and those whose node is gone. */
  Future<List<Taken>> take(Collection<String> routes, int max);

  /**
   * Says that these still run here, and how far they are.
   *
   * @return those that have to be given up
   */
  Future<Set<Claim>> beat(Map<Claim, Double> running);

  /** Ends a run; false when it is not the job's any more. */
  Future<Boolean> end(Claim claim, Ending ending);

  /** Lets others run it. */
  Future<Void> giveBack(Claim claim);

  /** The state of a job; empty when there is none. */
  Future<Optional<JobState>> find(String id);

  /** The result of a job that is done; empty when there is none. */
  Future<Optional<Content>> result(String id);

  /** Ends a job that waits; one that runs is given up by its node at its next {@link #beat}. */
  Future<Void> cancel(String id);

  /** Removes what has been over for long, and ends what no node can run. */
  Future<Void> sweep(Collection<String> routes);
}
