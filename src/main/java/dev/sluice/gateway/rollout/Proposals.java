package dev.sluice.gateway.rollout;

import dev.sluice.gateway.failure.Failed;
import dev.sluice.gateway.resilience.Ticker;
import dev.sluice.gateway.rollout.ConfigTable.Look;
import dev.sluice.gateway.rollout.ConfigTable.Mark;
import dev.sluice.gateway.rollout.ConfigTable.Vote;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What this node proposes, one at a time: it is the active version once every node that lives holds
 * it ready, and is dropped when one refuses it. Confined to the context of {@link Rollout}.
 */
final class Proposals {
  /** Longer than a dead node counts as living. */
  private static final long PUT_SECONDS = 15;

  private final ConfigTable table;
  private final Ticker ticker;
  private final Runnable wake;
  private @Nullable Pending pending;

  /**
   * One under way.
   *
   * @param mark null before it is in the table
   */
  private record Pending(@Nullable Mark mark, Promise<Outcome> outcome, long sinceNanos) {
    Pending as(Mark known) {
      return new Pending(known, outcome, sinceNanos);
    }
  }

  /**
   * @param wake asks for another look at the tables
   */
  Proposals(ConfigTable table, Ticker ticker, Runnable wake) {
    this.table = table;
    this.ticker = ticker;
    this.wake = wake;
  }

  /** Proposes it; how it ends shows when the tables are looked at. */
  Future<Outcome> propose(Draft draft) {
    if (pending != null) {
      return Future.succeededFuture(new Outcome.Busy());
    }
    String change = UUID.randomUUID().toString();
    Promise<Outcome> outcome = Promise.promise();
    Pending made = new Pending(null, outcome, ticker.nanos());
    pending = made;
    table
        .propose(change, draft)
        .compose(version -> {
          if (gone(outcome)) {
            return Future.succeededFuture(); // that took too long, and its table forgets it
          }
          if (version.isEmpty()) {
            return beaten(draft, outcome);
          }
          pending = made.as(new Mark(version.get(), change));
          return tell();
        })
        .onFailure(cause -> {
          if (!gone(outcome)) {
            fail(cause);
          }
        });
    return outcome.future();
  }

  /** Whether it is over with this one, and another may be under way. */
  private boolean gone(Promise<Outcome> outcome) {
    Pending known = pending;
    return known == null || known.outcome() != outcome;
  }

  private Future<Void> tell() {
    return table.tell().onSuccess(told -> wake.run());
  }

  private Future<Void> beaten(Draft draft, Promise<Outcome> outcome) {
    Long follows = draft.follows();
    return table
        .look()
        .map(look -> {
          Mark known = look.active();
          long active = known == null ? 0 : known.version();
          boolean stale = follows != null && follows != active;
          if (!gone(outcome)) {
            end(stale ? new Outcome.Stale(active) : new Outcome.Busy());
          }
          return null;
        });
  }

  /** What stands in the tables of what is proposed here; null for nothing. */
  @Nullable Mark mark() {
    Pending known = pending;
    return known == null ? null : known.mark();
  }

  /**
   * Ends what was proposed, once the tables say how.
   *
   * @param own what was proposed here when that look at the tables began
   */
  Future<Void> settle(Look look, @Nullable Mark own) {
    Pending known = pending;
    Mark mine = known == null ? null : known.mark();
    if (known == null || mine == null || !mine.equals(own)) {
      return Future.succeededFuture();
    }
    if (mine.equals(look.active())) {
      end(new Outcome.Taken(mine.version()));
      return table.forget(mine.version());
    }
    if (!mine.equals(look.proposed())) {
      end(new Outcome.Busy()); // it took too long, and another one swept it away
      return Future.succeededFuture();
    }
    return table
        .take(mine.change())
        .compose(taken ->
            taken
                ? tell()
                : table.votes(mine.change()).compose(votes -> count(known, mine, votes)));
  }

  private Future<Void> count(Pending known, Mark mine, List<Vote> votes) {
    List<String> problems = votes.stream().flatMap(Proposals::objection).toList();
    if (problems.isEmpty() && !late(known)) {
      return Future.succeededFuture();
    }
    List<String> silent = votes.stream().filter(vote -> !vote.voted()).map(Vote::node).toList();
    return table
        .drop(mine.change())
        .compose(dropped -> tell())
        .onSuccess(told ->
            end(problems.isEmpty() ? new Outcome.Silent(silent) : new Outcome.Refused(problems)));
  }

  private static Stream<String> objection(Vote vote) {
    String problems = vote.problems();
    return problems == null ? Stream.of() : Stream.of("node " + vote.node() + ": " + problems);
  }

  /** The tables cannot be looked at; after a while that is the end of a proposal too. */
  void trouble(Throwable cause) {
    Pending known = pending;
    if (known != null && late(known)) {
      fail(cause);
    }
  }

  /** Nobody looks any more. */
  void close(Failed why) {
    fail(why);
  }

  private boolean late(Pending known) {
    return ticker.nanos() - known.sinceNanos() > TimeUnit.SECONDS.toNanos(PUT_SECONDS);
  }

  private void end(Outcome outcome) {
    Pending known = pending;
    pending = null;
    if (known != null) {
      known.outcome().complete(outcome);
    }
  }

  private void fail(Throwable cause) {
    Pending known = pending;
    pending = null;
    if (known != null) {
      known.outcome().fail(cause);
    }
  }
}
