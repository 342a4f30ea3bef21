package dev.sluice.gateway.rollout;

import dev.sluice.gateway.config.Problem;
import dev.sluice.gateway.config.RoutingText;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * This node as it tries and takes routing parts, one at a time in the order of the calls. Any
 * thread.
 */
public interface Candidate {
  /** What is wrong with it; changes nothing. */
  CompletableFuture<List<Problem>> check(RoutingText routing);

  /**
   * Compiles it and holds it ready, in the place of one that was held before.
   *
   * @return what is wrong with it; empty when it is held
   */
  CompletableFuture<List<Problem>> prepare(RoutingText routing);

  /**
   * Takes it into service; at once, when it is the one that is held.
   *
   * @return why it was not taken; empty when it serves
   */
  CompletableFuture<List<Problem>> take(RoutingText routing);

  /** Lets go of the one that is held. */
  void abandon();
}
